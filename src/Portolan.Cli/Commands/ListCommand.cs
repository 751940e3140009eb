using System.CommandLine;
using Portolan.Cli.Hosting;
using Portolan.Cli.Listing;
using Portolan.Model;
using Portolan.Reachability.Documents;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan list</c>: sockets and connections, with the habits of ss, netstat and lsof -i.</summary>
public sealed class ListCommand : PortolanCommand
{
    private readonly ListOptions _options = new();

    /// <summary>Builds the options.</summary>
    public ListCommand()
        : base("list", "sockets and connections: what ss, netstat and lsof -i show")
    {
        Arguments.Add(_options.Filter);
        Add("Which sockets", _options.Choosing);
        Add("What to show", _options.Showing);
        Add("Names or numbers", _options.Naming);
        Add("How to print", _options.Printing);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Without an option that selects sockets, all TCP and UDP sockets are listed. With any of -t -u -w -x -0 -S -M -d -U -l -a the
        selection follows ss: connected sockets, with -l listening sockets, with -a both. A filter that names states lists them
        independent of -l and -a.

        Filter words are those of ss, with ordinary precedence (not, then and, then or), plus process, user, unit, container, service, and
        port lists. Without -p owners are looked up only if the filter needs them.

        Leading words that are not a filter select too: :8000, 8000-8100 and 53/udp by port, 127.0.0.1:8089 by address, nginx by part of
        the name of a process, unit or container. A word similar to a field name is treated as a typing error.

        On a terminal, ports and addresses are shown by name if they have one, and rows are sorted by protocol and port; -n keeps numbers.
        Address lookups take at most half a second in total. Other output uses numbers and the kernel's order, unless -r or --sort is
        given. --json and --csv never query the network.

        In a lab (portolan lab run) --lab lists the sockets of all its hosts, with the host in place of the owner. PORTOLAN_LAB names the
        socket to query. A host without any traffic yet is still listed with its listeners.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan list -tulpn", "every listening TCP and UDP port and who holds it"),
        new(
            "portolan list 'state established and (port 443 or process nginx) and not dst 10.0.0.0/8'",
            "connections by port, program and network"),
        new("portolan list nginx", "sockets of programs, units and containers of that name"),
        new("portolan list --lab -l", "in portolan lab run: what listens on the hosts of the lab"),
        new("portolan list -tunap --json", "every TCP and UDP socket as JSON"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes => [.. ExitCodeMeaning.Common, .. ExitCodeMeaning.Signals];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["who", "port", "ss(8)", "netstat(8)"];

    /// <inheritdoc/>
    public override string JsonSchema => SocketsDocument.Format;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Normalize(IReadOnlyList<string> args) => ListOptions.Normalize(args);

    /// <inheritdoc/>
    public override Advice? Remedy(string name) => OptionRemedies.Find(name);

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var request = _options.Read(parsed, context.Json, context.OutputIsTerminal);
        return new ListRunner(request, context).Run(cancellationToken);
    }
}
