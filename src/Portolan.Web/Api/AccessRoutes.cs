using Microsoft.AspNetCore.Http;
using Portolan.Sockets.Documents;
using Portolan.Web.Access;
using Portolan.Web.Hosting;

namespace Portolan.Web.Api;

/// <summary>Routes about the server and the session of the caller.</summary>
/// <param name="access">What decides over access.</param>
/// <param name="server">What the server is.</param>
internal sealed class AccessRoutes(AccessControl access, ServerFacts server)
{
    private const int LongestTicketPath = 2048;

    private const string Description = "openapi.json";

    /// <summary>The routes.</summary>
    internal IReadOnlyList<ApiRoute> All =>
    [
        new("GET", "/api/hello", Scope.None, "What this server is, and how to log in. Open to all.", HelloAsync)
        { AnswerType = typeof(HelloDocument) },
        new("GET", "/api/openapi.json", Scope.None, "This description of the API (OpenAPI 3.1). Open to all.", DescribeAsync)
        { MediaType = "application/json" },
        new(
            "POST", "/api/session", Scope.None, "Begins a session: by the token of a launch link, once, or by the password.", BeginAsync)
        { AnswerType = typeof(SessionBegun), BodyType = typeof(LoginDocument), IsAudited = true },
        new("GET", "/api/session", Scope.Read, "What this session may do, and on which machine.", ShowAsync)
        { AnswerType = typeof(SessionDocument) },
        new("DELETE", "/api/session", Scope.Read, "Ends this session.", EndAsync) { IsAudited = true },
        new(
            "POST", "/api/tickets", Scope.Read, "An address for one download within 30 seconds, which needs no key.", TicketAsync)
        { AnswerType = typeof(TicketDocument), BodyType = typeof(TicketRequest) },
    ];

    private Task HelloAsync(ApiExchange exchange) => exchange.AnswerAsync(
        new HelloDocument(
            "portolan", server.Version, server.Bundle, access.Password is null ? ["link"] : ["link", "password"],
            $"{access.Command} --link"),
        AccessDocuments.Default.HelloDocument);

    private static async Task DescribeAsync(ApiExchange exchange)
    {
        exchange.Http.Response.ContentType = "application/json";
        if (!HttpMethods.IsHead(exchange.Http.Request.Method))
        {
            await using var description = typeof(AccessRoutes).Assembly.GetManifestResourceStream(Description)!;
            await description.CopyToAsync(exchange.Http.Response.Body, exchange.Aborted);
        }
    }

    private async Task BeginAsync(ApiExchange exchange)
    {
        var login = await exchange.BodyAsync(AccessDocuments.Default.LoginDocument);
        if ((login.Token is null) == (login.Password is null))
        {
            throw ApiError.BadRequest("bad-body", "Send a token or a password.");
        }

        var granted = login.Token is { } token ? ScopesOfLink(token) : ScopesOfPassword(login.Password!, exchange.Caller);
        var (id, key, expiresAt) = access.Sessions.Begin(access.Granted(granted));
        exchange.AuditAs(Authenticator.NameOf(Secret.Hash(id)));
        exchange.Http.Response.Cookies.Append(access.CookieName, id, new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Strict,
            Secure = exchange.Http.Request.IsHttps,
            Path = "/",
            Expires = expiresAt,
            IsEssential = true,
        });
        await exchange.AnswerAsync(
            new SessionBegun(key, ScopeWords.Of(access.Granted(granted)), TimeText.Rfc3339(expiresAt)),
            AccessDocuments.Default.SessionBegun, 201);
    }

    private Scope ScopesOfLink(string token) => access.Links.Redeem(token)?.Scopes ?? throw new ApiError(
        401, "no-such-link", "This link was opened before, or has expired.", $"Run on the server: {access.Command} --link");

    private Scope ScopesOfPassword(string password, Caller caller)
    {
        if (!access.Logins.TryTake(caller.Remote?.Address, out var wait))
        {
            throw new ApiError(
                429, "too-many-attempts", "There were too many wrong passwords from this address.",
                $"Wait {Math.Ceiling(wait.TotalSeconds):0} seconds, or use a link: {access.Command} --link")
            {
                RetryAfter = wait,
            };
        }

        if (access.Password?.Is(password) != true)
        {
            throw new ApiError(401, "wrong-password", "The password is wrong.");
        }

        access.Logins.GiveBack(caller.Remote?.Address);
        return access.Usual;
    }

    private Task ShowAsync(ApiExchange exchange) => exchange.AnswerAsync(
        new SessionDocument(
            server.Host, new UserRecord(server.UserId, server.UserName), ScopeWords.Of(exchange.Caller.Scopes),
            exchange.Caller.ExpiresAt is { } end ? TimeText.Rfc3339(end) : null, server.Version, server.IsPrivileged, server.HasStore,
            server.HasFleet),
        AccessDocuments.Default.SessionDocument);

    private Task EndAsync(ApiExchange exchange)
    {
        if (exchange.Caller.SessionHash is not { } session)
        {
            throw ApiError.BadRequest(
                "no-session", "A token has no session.", $"Remove it on the server: {access.Command} --remove-token NAME");
        }

        access.Sessions.End(session);
        exchange.Http.Response.Cookies.Delete(access.CookieName, new CookieOptions { Path = "/" });
        exchange.Http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private async Task TicketAsync(ApiExchange exchange)
    {
        var path = (await exchange.BodyAsync(AccessDocuments.Default.TicketRequest)).Path;
        if (path is not { Length: <= LongestTicketPath } || !path.StartsWith("/api/export/", StringComparison.Ordinal)
            || path.AsSpan().ContainsAnyInRange('\0', ' ') || path.Contains('#', StringComparison.Ordinal))
        {
            throw ApiError.BadRequest("bad-path", "A ticket is for an address that begins with /api/export/.");
        }

        var ticket = access.Tickets.Make(path, exchange.Caller);
        var mark = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        await exchange.AnswerAsync(
            new TicketDocument($"{path}{mark}{Authenticator.TicketParameter}={ticket}"), AccessDocuments.Default.TicketDocument, 201);
    }
}
