using System.Net;

namespace Portolan.Web.Access;

/// <summary>Who sent a request, as far as its session or token says so.</summary>
/// <param name="Scopes">What may be done.</param>
/// <param name="Name">
/// What the audit log calls them: <c>session</c> and the first letters of its hash, or <c>token</c> and its name; <c>null</c> without
/// either.
/// </param>
/// <param name="ExpiresAt">When the session ends; <c>null</c> for a token that does not.</param>
/// <param name="Remote">Where the connection comes from; <c>null</c> over a Unix socket.</param>
internal sealed record Caller(Scope Scopes, string? Name, DateTimeOffset? ExpiresAt, IPEndPoint? Remote)
{
    /// <summary>The hash of its session; <c>null</c> for a token.</summary>
    internal string? SessionHash { get; init; }

    /// <summary>The command about the server, for hints.</summary>
    internal string Command { get; init; } = "portolan serve";

    /// <summary>Fires when its session ends.</summary>
    internal CancellationToken Ended { get; init; }

    /// <summary>Whether a scope was granted.</summary>
    internal bool May(Scope scope) => (Scopes & scope) == scope;
}
