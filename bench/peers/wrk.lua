-- One of the tokens of the file $TOKENS_FILE with each request, in turns.

local requests, n, i = {}, 0, 0


function init()
    for token in io.lines(os.getenv('TOKENS_FILE')) do
        n = n + 1
        requests[n] = wrk.format('GET', nil, {
            Host = 'jupyter.acme.example.com',
            Authorization = 'Bearer ' .. token,
        })
    end
end


function request()
    i = i % n + 1
    return requests[i]
end
