using System.Net;
using Microsoft.AspNetCore.Http;
using Portolan.Web.Api;

namespace Portolan.Web.Access;

/// <summary>Finds out who sends a request: a token of the API, a session (its cookie and its key), or a ticket.</summary>
/// <param name="access">What is known of callers.</param>
internal sealed class Authenticator(AccessControl access)
{
    /// <summary>The header with the key of a session.</summary>
    internal const string KeyHeader = "X-Portolan-Key";

    /// <summary>The parameter with a ticket.</summary>
    internal const string TicketParameter = "ticket";

    private const string Bearer = "Bearer ";

    /// <summary>Who sends a request.</summary>
    /// <exception cref="ApiError">Nobody who is known, or nobody who may do it.</exception>
    internal Caller Require(HttpContext http, Route route)
    {
        var caller = Find(http, route) ?? throw new ApiError(
            401, "no-session", "This browser has no session, or it has ended.", "Run on the server: portolan serve --link");
        return caller.May(route.Scope) ? caller : throw new ApiError(
            403, "no-scope", $"This session may not do that: it lacks {string.Join(", ", ScopeWords.Of(route.Scope & ~caller.Scopes))}.",
            route.Scope.HasFlag(Scope.Change)
                ? "Run on the server: portolan serve --link --allow change"
                : $"Run on the server: portolan serve --link --allow {string.Join(',', ScopeWords.Of(caller.Scopes | route.Scope))}");
    }

    private Caller? Find(HttpContext http, Route route)
    {
        var remote = RemoteOf(http);
        if (http.Request.Headers.Authorization.ToString() is { Length: > 0 } authorization)
        {
            return authorization.StartsWith(Bearer, StringComparison.Ordinal) ? OfToken(authorization[Bearer.Length..], remote) : null;
        }

        if (route.TakesTicket && http.Request.Query[TicketParameter] is [{ } ticket])
        {
            return access.Tickets.Use(ticket, PathWithoutTicket(http.Request));
        }

        return http.Request.Cookies[access.CookieName] is { } id && http.Request.Headers[KeyHeader].ToString() is { Length: > 0 } key
            && access.Sessions.Find(id, key) is { } session
            ? new Caller(access.Granted(session.Record.Scopes), Shorten("session", session.Record.Id), session.Record.ExpiresAt, remote)
            {
                SessionHash = session.Record.Id,
                Ended = session.Ended,
            }
            : null;
    }

    /// <summary>The path and query of a request as the ticket was made for it.</summary>
    private static string PathWithoutTicket(HttpRequest request)
    {
        var whole = request.Path.Value + request.QueryString.Value;
        var cut = whole.LastIndexOf(TicketParameter + "=", StringComparison.Ordinal);
        return cut > 0 ? whole[..(cut - 1)] : whole;
    }

    private Caller? OfToken(string token, IPEndPoint? remote)
    {
        if (!access.Logins.MayTry)
        {
            throw TooMany();
        }

        if (access.Tokens.Find(token) is { } known)
        {
            return new Caller(access.Granted(known.Scopes), $"token {known.Name}", null, remote);
        }

        access.Logins.Failed();
        return null;
    }

    /// <summary>Why another attempt is not answered.</summary>
    internal static ApiError TooMany() => new(429, "too-many-attempts", "There were too many wrong attempts.", "Wait a minute.");

    /// <summary>Where a connection comes from; <c>null</c> over a Unix socket.</summary>
    internal static IPEndPoint? RemoteOf(HttpContext http) =>
        http.Connection.RemoteIpAddress is { } address ? new IPEndPoint(address, http.Connection.RemotePort) : null;

    private static string Shorten(string kind, string hash) => $"{kind} {hash[..Secret.ShortLength]}";
}
