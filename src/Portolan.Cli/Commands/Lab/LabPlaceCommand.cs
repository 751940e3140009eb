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
        new(ExitCode.Usage, "the command line is wrong, or the lab's file, or there is no such host; nothing was done"),
        new(ExitCode.Failed, "failed"),
        new(ExitCode.NoPrivilege, "this user may not make or enter namespaces here"),
        .. ExitCodeMeaning.Signals,
    ];

    /// <inheritdoc/>
    public override string WhyNoJson => "what is printed is the command's";

    /// <summary>What it is to be at a host's place, for the help.</summary>
    protected static string PlaceText =>
        """
        At the place of a host means: a network namespace with the addresses of that host and the routes that it has, on its network. What is
        sent there crosses the routers and firewalls that are between that host and others, and answers come back there. The host goes on
        answering pings and the ports that the lab gives it, at localhost too; a program may listen on each port that is closed. /etc/hosts,
        certificates and rights are those of portolan lab run. Of a range of hosts, name one: pc-3 is the third of pc. What a command leaves
        running in a lab that runs already stays until that lab ends.
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
