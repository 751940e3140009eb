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
        Description = "use a certificate that the server makes itself; its fingerprint is printed",
    };

    private readonly Option<string?> _password = new("--password-file")
    {
        Description = "a file whose first line is a password that begins a session",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _hosts = new("--host")
    {
        Description = "a name under which a reverse proxy passes requests on; may be repeated",
        HelpName = "NAME",
        DefaultValueFactory = static _ => [],
    };

    private readonly Option<bool> _link = new("--link") { Description = "print another link that opens a session, once" };

    private readonly Option<bool> _reset = new("--reset") { Description = "end all sessions, and void links that were not opened" };

    private readonly Option<string?> _newToken = new("--new-token")
    {
        Description = "make and print a token for programs that use the API",
        HelpName = "NAME",
    };

    private readonly Option<string?> _removeToken = new("--remove-token") { Description = "remove a token", HelpName = "NAME" };

    /// <summary>Builds the options.</summary>
    public ServeCommand()
        : base("serve", "this machine as a web page: its ports, connections and rules, live")
    {
        Add("How it serves", _listen, _open, _allow, _hosts);
        Add("Beyond this machine", _certificate, _key, _selfSigned, _password);
        Add("A server that runs", _link, _reset, _newToken, _removeToken);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        It prints a link, which opens one session in one browser, once, within 10 minutes. A session lives for seven days, also over a
        restart of the server; one that may change this machine lives for 12 hours. The page shows what the user of the server may see: run
        as root, it shows the owners of all ports and what the firewall does.

        A session may read, and check ports of other machines (scan). With --allow change the server can also grant sessions that stop
        the holder of a port: portolan serve --link --allow change prints a link to one. With --allow admin the arguments of other users'
        processes are shown.

        Other addresses than those of this machine itself need a certificate, and a password or a token. For one's own use ssh -L
        7265:127.0.0.1:7265 HOST is simpler. Behind a reverse proxy --host NAME names the address that browsers use. Addresses in forwarded
        headers are not trusted.

        Sessions, tokens and links are kept as hashes in the folder portolan/serve of $XDG_STATE_HOME, by default ~/.local/state; in a
        service in its own folder (STATE_DIRECTORY). There is also audit.log: a line of JSON for each login, check, stop and export.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan serve", "the page on 127.0.0.1:7265; the link is printed"),
        new("portolan serve --open", "and the browser opens it"),
        new("portolan serve --allow change", "sessions may be granted that stop programs; as root, of all users"),
        new("portolan serve --link", "another link to a server that runs"),
        new("portolan serve --listen 192.0.2.1:443 --tls-self-signed --password-file secret", "for others on the network"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "the server ended because it was asked to; with --link and others: done"),
        new(ExitCode.NothingFound, "with --remove-token: there is no such token"),
        new(ExitCode.Usage, "the command line is wrong, or the address would be open to the network without protection"),
        new(ExitCode.Failed, "failed: such as that the port is held"),
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
            ("--host", invocation.Hosts.Count > 0),
        ];
        if (Array.Find(options, static o => o.IsSet) is { IsSet: true } wrong)
        {
            throw new PortolanException(
                $"{wrong.Name} is for a server that starts, and {name} is not for one", $"leave one of them out", ExitCode.Usage);
        }
    }

    private static string? NotEmpty(string name, string? value) => value is not ""
        ? value
        : throw new PortolanException($"the word behind {name} is empty", $"run portolan help serve", ExitCode.Usage);

    private static string[] Names(string[] names) =>
        Array.Find(names, static n => !IsAuthority(n)) is not { } wrong ? names
        : throw new PortolanException(
            $"--host takes the name in the browser's address, not '{TerminalText.Escape(wrong)}'",
            $"write --host ports.example.org, with :PORT where the address has one", ExitCode.Usage);

    private static bool IsAuthority(string name) =>
        Uri.TryCreate($"http://{name}/", UriKind.Absolute, out var url) && url.Authority.Equals(name, StringComparison.OrdinalIgnoreCase);
}
