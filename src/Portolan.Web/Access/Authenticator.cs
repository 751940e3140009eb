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

    internal const string TicketParameter = "ticket";

    private const string Bearer = "Bearer ";

    /// <summary>Who sends a request.</summary>
    /// <exception cref="ApiError">Nobody who is known, or nobody who may do it.</exception>
    internal Caller Require(HttpContext http, ApiRoute route)
    {
        var caller = Find(http, route) ?? throw Unknown(http, route);
        return caller.May(route.Scope) ? caller : throw Lacks(caller, route.Scope);
    }

    /// <summary>Why a caller may not do what it asks for, and how it gets the scope.</summary>
    internal static ApiError Lacks(Caller caller, Scope scope)
    {
        var missing = string.Join(", ", ScopeWords.Of(scope & ~caller.Scopes));
        var all = string.Join(',', ScopeWords.Of(caller.Scopes | scope));
        return caller.SessionHash is null
            ? new ApiError(
                403, "no-scope", $"This token does not have the scope {missing}.",
                $"Make another on the server: {caller.Command} --new-token NAME --allow {all}")
            : new ApiError(
                403, "no-scope", $"This session does not have the scope {missing}.",
                $"Run on the server: {caller.Command} --link --allow {(scope.HasFlag(Scope.Change) ? "change" : all)}");
    }

    private ApiError Unknown(HttpContext http, ApiRoute route) =>
        http.Request.Headers.Authorization.Count > 0
            ? new ApiError(
                401, "no-session", "The server has no such token.", $"Make one on the server: {access.Command} --new-token NAME")
        : route.TakesTicket && http.Request.Query.ContainsKey(TicketParameter)
            ? new ApiError(
                401, "no-such-ticket", "This address was used before, or has expired.", "Begin the download on the page again.")
        : new ApiError(401, "no-session", "This browser has no session, or it has ended.",
            $"Run on the server: {access.Command} --link");

    private Caller? Find(HttpContext http, ApiRoute route)
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
            ? new Caller(access.Granted(session.Record.Scopes), NameOf(session.Record.Id), session.Record.ExpiresAt, remote)
            {
                Command = access.Command,
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
        return access.Tokens.Find(token) is { } known
            ? new Caller(access.Granted(known.Scopes), $"token {known.Name}", null, remote) { Command = access.Command }
            : null;
    }

    /// <summary>Where a connection comes from; <c>null</c> over a Unix socket.</summary>
    internal static IPEndPoint? RemoteOf(HttpContext http) =>
        http.Connection.RemoteIpAddress is { } address ? new IPEndPoint(address, http.Connection.RemotePort) : null;

    /// <summary>What the audit log calls a session.</summary>
    internal static string NameOf(string sessionHash) => $"session {sessionHash[..Secret.ShortLength]}";
}
