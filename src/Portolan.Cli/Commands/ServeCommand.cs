using System.CommandLine;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Invocation;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan serve</c>: this machine as a web page. The work is the server's.</summary>
public sealed class ServeCommand : PortolanCommand
{
    private readonly Option<string?> _listen = new("--listen")
    {
        Description = "where to listen: an address with a port, a port, or the path of a Unix socket; 127.0.0.1:7265 by default",
        HelpName = "ADDRESS",
    };

    private readonly Option<bool> _open = new("--open") { Description = "open the page in the browser" };

    private readonly Option<string?> _allow = new("--allow")
    {
        Description = "what sessions may do beyond read and scan: change, admin; with --new-token beyond read",
        HelpName = "SCOPES",
    };

    private readonly Option<string?> _certificate = new("--cert")
    {
        Description = "the certificate and its chain, PEM; read again when the file changes",
        HelpName = "FILE",
    };

    private readonly Option<string?> _key = new("--key") { Description = "the private key of the certificate, PEM", HelpName = "FILE" };

    private readonly Option<bool> _selfSigned = new("--tls-self-signed")
    {
        Description = "generate a self-signed certificate; its fingerprint is printed",
    };

    private readonly Option<string?> _password = new("--password-file")
    {
        Description = "a file whose first line is the login password",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _hosts = new("--host")
    {
        Description = "a host name that a reverse proxy uses for its requests; may be repeated",
        HelpName = "NAME",
        DefaultValueFactory = static _ => [],
    };

    private readonly Option<string?> _fleetConfig = new("--fleet-config")
    {
        Description = "the settings of a fleet, which the page shows too; /etc/portolan/fleet.yaml by default, if it is there",
        HelpName = "FILE",
    };

    private readonly Option<bool> _link = new("--link") { Description = "print another single-use login link" };

    private readonly Option<bool> _reset = new("--reset") { Description = "end all sessions, and revoke unused links" };

    private readonly Option<string?> _newToken = new("--new-token")
    {
        Description = "create and print a token for programs that use the API",
        HelpName = "NAME",
    };

    private readonly Option<string?> _removeToken = new("--remove-token") { Description = "remove a token", HelpName = "NAME" };

    /// <summary>Builds the options.</summary>
    public ServeCommand()
        : base("serve", "this machine as a web page: its ports, connections and rules, live")
    {
        Add("How it serves", _listen, _open, _allow, _hosts, _fleetConfig);
        Add("Beyond this machine", _certificate, _key, _selfSigned, _password);
        Add("A running server", _link, _reset, _newToken, _removeToken);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        The server prints a link, which opens one session in one browser, once, within 10 minutes. A session lasts seven days, also across
        a restart of the server; a session that may change this machine lasts 12 hours. The page shows what the server's user may see: as
        root, the owners of all ports and the firewall's verdicts.

        A session may read, and check ports of other machines (scan). With --allow change the server can also grant sessions that stop the
        holder of a port: portolan serve --link --allow change prints such a link. With --allow admin, sessions also see the arguments of
        other users' processes.

        Addresses beyond loopback need a certificate, and a password or a token. For personal use ssh -L 7265:127.0.0.1:7265 HOST is
        simpler. Behind a reverse proxy, --host NAME names the address that browsers use. Addresses in forwarded headers are not trusted.

        Sessions, tokens and links are stored as hashes in the folder portolan/serve of $XDG_STATE_HOME, by default ~/.local/state; in a
        service in its own folder (STATE_DIRECTORY). The same folder holds audit.log: one JSON line per login, check, stop and export.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan serve", "the page on 127.0.0.1:7265; the link is printed"),
        new("portolan serve --open", "the same, opened in the browser"),
        new("portolan serve --allow change", "allow sessions that stop programs (as root: of all users)"),
        new("portolan serve --link", "another link to a running server"),
        new("portolan serve --listen 192.0.2.1:443 --tls-self-signed --password-file secret", "for others on the network"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "the server ended on request; with --link and the like: done"),
        new(ExitCode.NothingFound, "with --remove-token: the token does not exist"),
        new(ExitCode.Usage, "the command line is wrong, or the address would be exposed without protection"),
        new(ExitCode.Failed, "failed, e.g. because the port is in use"),
        new(ExitCode.NoPrivilege, "this user may not listen on that port"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["list", "who", "explain", "doctor"];

    /// <inheritdoc/>
    public override string JsonSchema => "portolan.serve/1";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var (newToken, oldToken) = (parsed.GetValue(_newToken), parsed.GetValue(_removeToken));
        (string Name, ServeAction Action, bool IsSet)[] actions =
        [
            ("--link", ServeAction.Link, parsed.GetValue(_link)), ("--reset", ServeAction.Reset, parsed.GetValue(_reset)),
            ("--new-token", ServeAction.MakeToken, newToken is not null),
            ("--remove-token", ServeAction.RemoveToken, oldToken is not null),
        ];
        var chosen = Array.FindAll(actions, static a => a.IsSet);
        if (chosen.Length > 1)
        {
            throw new PortolanException(
                $"{chosen[0].Name} and {chosen[1].Name} cannot be used together", $"leave one out", ExitCode.Usage);
        }

        var invocation = new ServeInvocation(chosen is [var (_, action, _)] ? action : ServeAction.Run)
        {
            Listen = NotEmpty(_listen.Name, parsed.GetValue(_listen)),
            Opens = parsed.GetValue(_open),
            Allow = NotEmpty(_allow.Name, parsed.GetValue(_allow)),
            Certificate = NotEmpty(_certificate.Name, parsed.GetValue(_certificate)),
            Key = NotEmpty(_key.Name, parsed.GetValue(_key)),
            IsSelfSigned = parsed.GetValue(_selfSigned),
            PasswordFile = NotEmpty(_password.Name, parsed.GetValue(_password)),
            Hosts = Names(parsed.GetValue(_hosts)!),
            FleetConfig = NotEmpty(_fleetConfig.Name, parsed.GetValue(_fleetConfig)),
            Token = NotEmpty(_newToken.Name, newToken ?? oldToken),
            Json = context.Json,
            Debug = context.Debug,
        };
        if (chosen.Length == 1)
        {
            RefuseServerOptions(chosen[0].Name, invocation);
        }

        return context.BecomeServer(invocation);
    }

    private static void RefuseServerOptions(string name, ServeInvocation invocation)
    {
        (string Name, bool IsSet)[] options =
        [
            ("--open", invocation.Opens), ("--cert", invocation.Certificate is not null), ("--key", invocation.Key is not null),
            ("--tls-self-signed", invocation.IsSelfSigned), ("--password-file", invocation.PasswordFile is not null),
            ("--host", invocation.Hosts.Count > 0), ("--fleet-config", invocation.FleetConfig is not null),
        ];
        if (Array.Find(options, static o => o.IsSet) is { IsSet: true } wrong)
        {
            throw new PortolanException(
                $"{wrong.Name} applies to a server that starts, {name} does not start one", $"leave one of them out", ExitCode.Usage);
        }
    }

    private static string? NotEmpty(string name, string? value) => value is not ""
        ? value
        : throw new PortolanException($"the value of {name} is empty", $"run portolan help serve", ExitCode.Usage);

    private static string[] Names(string[] names) =>
        Array.Find(names, static n => !IsAuthority(n)) is not { } wrong ? names
        : throw new PortolanException(
            $"--host takes the name in the browser's address, not '{TerminalText.Escape(wrong)}'",
            $"write --host ports.example.org, with :PORT if the address has one", ExitCode.Usage);

    private static bool IsAuthority(string name) =>
        Uri.TryCreate($"http://{name}/", UriKind.Absolute, out var url) && url.Authority.Equals(name, StringComparison.OrdinalIgnoreCase);
}
