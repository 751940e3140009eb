using System.CommandLine;
using Portolan.Cli.Hosting;
using Portolan.Model;

namespace Portolan.Cli.Commands.Lab;

/// <summary><c>portolan lab exec</c>: a command at a host's place in a lab.</summary>
public sealed class LabExecCommand : LabPlaceCommand
{
    private readonly Argument<string> _host = new("HOST")
    {
        Description = "the host whose place the command takes; vantage for the place of lab run",
        HelpName = "HOST",
    };

    private readonly Argument<string[]> _command = new("COMMAND")
    {
        Description = "the program and its arguments, after --",
        HelpName = "COMMAND",
        Arity = ArgumentArity.ZeroOrMore,
        DefaultValueFactory = static _ => [],
    };

    /// <summary>Makes the command.</summary>
    public LabExecCommand()
        : base("lab exec", "run a command in a lab, at the place of a host")
    {
        Arguments.Add(_host);
        Arguments.Add(_command);
    }

    /// <inheritdoc/>
    public override string Details =>
        $"""
        The command runs in a lab of that name that this user already runs: in another terminal, by portolan lab run or lab enter. The
        process id of the lab, or of its parent ($! in a shell), may replace the name. If none runs, the lab is started for the command
        and ends with it. Output, terminal, signals and exit status are the command's own, as with portolan lab run.

        {PlaceText}
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan lab exec office web -- ping -c 2 pc-1", "a command that sends with the address of web"),
        new("portolan lab exec office web -- curl http://web/", "the host's own service, from the host itself"),
        new("portolan lab exec campus student-1 -- portolan scan 198.19.0.0/28", "the network as one host of a range sees it"),
        new("portolan lab exec office pc-3 -- nc -l -p 4444", "a program that others in the lab reach at pc-3"),
        new("portolan lab exec office vantage -- tcpdump -ni lab0", "beside the command of lab run"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["lab enter", "lab run", "lab show"];

    /// <inheritdoc/>
    public override Advice? Remedy(string name) =>
        name.Length > 1 && name[1] != '-'
            ? Advice.Of($"write -- before the command, so that its options are its own: portolan lab exec office web -- ping -c 2 pc-1")
            : null;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var (lab, host, command) = (parsed.GetValue(Topology)!, parsed.GetValue(_host)!, parsed.GetValue(_command)!);
        string[] words = [.. context.Arguments];
        var dashes = Array.IndexOf(words, "--");
        if (dashes < 0)
        {
            throw command.Length > 0
                ? new PortolanException(
                    $"unexpected word '{command[0]}'",
                    $"write -- before the command: portolan lab exec {lab} {host} -- {Advice.Words(command)}", ExitCode.Usage)
                : new PortolanException(
                    "no command given",
                    $"write it after --: portolan lab exec {lab} {host} -- ip address; or portolan lab enter {lab} {host} for a shell",
                    ExitCode.Usage);
        }

        string[] behind = words[(dashes + 1)..];
        if (behind.Length > command.Length)
        {
            // The host was taken from the words of the command.
            throw new PortolanException(
                "HOST is missing before --", $"name a host of the lab: portolan lab exec {lab} HOST -- {Advice.Words(behind)}",
                ExitCode.Usage);
        }

        return command switch
        {
            [] => throw new PortolanException(
                "no command after --", $"give a program, e.g. -- ip address; portolan lab enter {lab} {host} opens a shell",
                ExitCode.Usage),
            ["", ..] =>
                throw new PortolanException("the command after -- is empty", $"give a program, e.g. -- ip address", ExitCode.Usage),
            _ => context.BecomeServer(Enter(parsed, context, host, command)),
        };
    }
}
