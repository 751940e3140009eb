using System.CommandLine;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Invocation;

namespace Portolan.Cli.Commands.Lab;

/// <summary>A command of <c>portolan lab</c> that runs something at the place of a host.</summary>
public abstract class LabPlaceCommand : LabTopicCommand
{
    /// <summary>Takes the name and the one-line description.</summary>
    protected LabPlaceCommand(string fullName, string summary)
        : base(fullName, summary)
    {
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "the command ended with 0, otherwise with its own exit status"),
        new(ExitCode.Usage, "the command line or the lab file is wrong, or the host does not exist; nothing was done"),
        new(ExitCode.Failed, "failed"),
        new(ExitCode.NoPrivilege, "this user may not make or enter namespaces here"),
        .. ExitCodeMeaning.Signals,
    ];

    /// <inheritdoc/>
    public override string WhyNoJson => "the output is the command's own";

    /// <summary>What it is to be at a host's place, for the help.</summary>
    protected static string PlaceText =>
        """
        The place of a host is a network namespace with that host's addresses and routes, on its network. Packets sent there cross the
        routers and firewalls between that host and others, and answers return there. The host still answers pings and serves its lab
        ports, on localhost too; a program may listen on any closed port. /etc/hosts, certificates and rights are those of portolan lab
        run. In a range of hosts, name one: pc-3 is the third pc. Processes that a command leaves running in an existing lab stay until
        that lab ends.
        """;

    /// <summary>What the server is asked for.</summary>
    protected LabInvocation Enter(ParseResult parsed, CommandContext context, string? host, IReadOnlyList<string> command) =>
        About(LabAction.Enter, parsed, context) with
        {
            Place = host switch
            {
                null => null,
                "" => throw new PortolanException(
                    "the name of the host is empty", $"portolan lab show {parsed.GetValue(Topology)} lists the hosts", ExitCode.Usage),
                ['-', ..] =>
                    throw new PortolanException(
                        $"no host is named '{host}'", $"portolan lab show {parsed.GetValue(Topology)} lists the hosts", ExitCode.Usage),
                _ => host,
            },
            Command = command,
        };
}
