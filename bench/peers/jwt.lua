-- What a check of a token takes in Lua, written by hand with OpenSSL's
-- bindings: keys are read once, and where there is a dictionary "tokens",
-- what was verified is kept in it until the token ends.

local cjson = require 'cjson.safe'
local digest = require 'openssl.digest'
local pkey = require 'openssl.pkey'

local M = {}
local keys, issuer, audience = {}


function M.init(files, iss, aud)
    issuer, audience = iss, aud

    for kid, file in pairs(files) do
        local f = assert(io.open(file))
        keys[kid] = pkey.new(f:read('*a'))
        f:close()
    end
end


local function unb64u(text)
    text = text:gsub('-', '+'):gsub('_', '/')
    return ngx.decode_base64(text .. ('='):rep(-#text % 4))
end


local function der_integer(bytes)
    bytes = bytes:gsub('^%z+', '')
    if bytes == '' or bytes:byte() > 127 then
        bytes = '\0' .. bytes
    end
    return '\2' .. string.char(#bytes) .. bytes
end


local function der(signature)
    local half = #signature / 2
    local body = der_integer(signature:sub(1, half))
                 .. der_integer(signature:sub(half + 1))
    return '\48' .. string.char(#body) .. body
end


local verify = {
    RS256 = function(key, signature, input)
        return key:verify(signature, digest.new('sha256'):update(input))
    end,

    ES256 = function(key, signature, input)
        return key:verify(der(signature),
                          digest.new('sha256'):update(input))
    end,
}


local function check(token)
    local input, header, payload, signature =
        token:match('^(([%w_-]+)%.([%w_-]+))%.([%w_-]+)$')
    if not input then
        return
    end

    header = cjson.decode(unb64u(header) or '')
    payload = cjson.decode(unb64u(payload) or '')
    signature = unb64u(signature)

    if type(header) ~= 'table' or type(payload) ~= 'table'
       or not signature or not keys[header.kid] or not verify[header.alg]
       or not verify[header.alg](keys[header.kid], signature, input)
       or payload.iss ~= issuer or payload.aud ~= audience
    then
        return
    end

    return payload.sub, payload.exp
end


function M.access()
    local token = (ngx.var.http_authorization or ''):match('^Bearer (.+)$')
    if not token then
        return ngx.exit(401)
    end

    local cache = ngx.shared.tokens
    local user = cache and cache:get(token)

    if not user then
        local exp
        user, exp = check(token)

        if not user or type(exp) ~= 'number' or exp <= ngx.time() then
            return ngx.exit(401)
        end

        if cache then
            cache:set(token, user, exp - ngx.time())
        end
    end

    ngx.var.user = user
end


return M
