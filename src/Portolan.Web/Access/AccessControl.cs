namespace Portolan.Web.Access;

/// <summary>All that decides what callers may do, of one server.</summary>
/// <param name="folder">Where it is kept.</param>
/// <param name="port">The port, which names the cookie; <c>null</c> for a Unix socket.</param>
/// <param name="most">What the server was started to allow; no session may more.</param>
/// <param name="password">The password; <c>null</c> where there is none.</param>
/// <param name="clock">The clock.</param>
internal sealed class AccessControl(StateFolder folder, int? port, Scope most, Password? password, TimeProvider clock)
{
    /// <summary>
    /// The command about this server, such as <c>sudo portolan serve --listen 127.0.0.1:8000</c>: options come behind it.
    /// </summary>
    internal string Command { get; init; } = "portolan serve";

    /// <summary>The name of the cookie. Cookies ignore ports: two servers of this host have two names.</summary>
    internal string CookieName { get; } = port is { } number ? $"portolan-{number}" : "portolan";

    /// <summary>What a session of the password may do.</summary>
    internal Scope Usual => most & (Scope.Read | Scope.Scan);

    /// <summary>The password; <c>null</c> where there is none.</summary>
    internal Password? Password { get; } = password;

    /// <summary>Launch links.</summary>
    internal LaunchLinks Links { get; } = new(folder, clock);

    internal Sessions Sessions { get; } = new(folder, clock);

    /// <summary>Tokens of the API.</summary>
    internal ApiTokens Tokens { get; } = new(folder, clock);

    /// <summary>Tickets of downloads.</summary>
    internal Tickets Tickets { get; } = new(clock);

    /// <summary>How often logins may fail.</summary>
    internal LoginLimit Logins { get; } = new(clock);

    /// <summary>The log of actions.</summary>
    internal AuditLog Audit { get; } = new(folder, clock);

    /// <summary>What is left of scopes under the server's own.</summary>
    internal Scope Granted(Scope scopes) => scopes & most;
}
