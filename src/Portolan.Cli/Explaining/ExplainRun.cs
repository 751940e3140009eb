using Portolan.Cli.Commands;
using Portolan.Cli.Hosting;
using Portolan.Firewall.Replay;
using Portolan.Model;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Explaining;
using Portolan.Reachability.Judging;
using Portolan.Watch.Checking;

namespace Portolan.Cli.Explaining;

/// <summary>Reads the question of a command line, has it answered, and says how the program ends.</summary>
internal sealed class ExplainRun(ExplainRequest request, CommandContext context)
{
    /// <summary>Explains.</summary>
    /// <exception cref="PortolanException">The question makes no sense: families that do not fit, an unknown interface.</exception>
    public (PortExplanation Found, ExitCode Exit) Run(CancellationToken cancellationToken)
    {
        var (target, name) = TargetName.Resolve(request.Target, request.UseIPv4, request.UseIPv6, context, cancellationToken);
        var rules = request.RulesFile is { } file ? Load(file, cancellationToken) : null;
        var explainer = new PortExplainer(context.Machine, Question(target, name, rules), cancellationToken);
        var question = explainer.Question;
        if (explainer.IsSenderElsewhere)
        {
            throw Usage(
                $"{question.Address} is on another machine, so --from must be an address or interface of this machine; "
                    + $"{question.From?.Text} is not",
                $"leave out --from, or give one of this machine's addresses or interfaces");
        }

        if (request.Probe && !explainer.IsOutbound)
        {
            throw Usage(
                "--probe tries the port of another machine; this port is local",
                $"leave out --probe; to try it from this machine, portolan check "
                    + $"{question.Address?.ToString() ?? "localhost"}:{question.Port}");
        }

        var found = explainer.Explain(request.Prove, cancellationToken);
        if (request.Probe)
        {
            context.EndInOrder();
            found = found with
            {
                Explanation = LiveProbe.AddTo(found.Explanation, question, context.Machine, cancellationToken),
            };
        }

        return (found, Exit(found.Explanation));
    }

    /// <summary>The rules of a file, on this machine's routing.</summary>
    private FirewallReading Load(string name, CancellationToken cancellationToken)
    {
        var folder = Environment.CurrentDirectory;
        var (reading, warnings) = context.Machine.LoadRules(
            () => RulesFile.Open(name, folder, context.OpenInputBytes), folder, request.IncludeFolders, cancellationToken);
        foreach (var warning in warnings)
        {
            ErrorLines.Write(context, $"portolan: {TerminalText.Escape(warning)}");
        }

        return reading;
    }

    private ReachQuestion Question(ExplainTarget target, string? name, FirewallReading? rules)
    {
        var host = (rules ?? context.Machine.Firewall).Host;
        var from = request.From is null ? null : SenderArgument.Parse(request.From, host);
        if (from?.IsIPv4 is { } family && target.Address is { } address && address.IsIPv4 != family)
        {
            throw Usage($"{request.From} and {address} have different address families", $"give both as IPv4, or both as IPv6");
        }

        if ((from?.IsIPv4 ?? target.Address?.IsIPv4) is { } only && (only ? !request.UseIPv4 : !request.UseIPv6))
        {
            throw Usage($"{(only ? "-6" : "-4")} cannot be combined with an {(only ? "IPv4" : "IPv6")} address", $"leave it out");
        }

        if (request.IsUdp && target.Protocol is not (null or TransportProtocol.Udp))
        {
            throw Usage($"--udp cannot be combined with /{target.Protocol.Value.Name()}", $"leave one of them out");
        }

        return new ReachQuestion
        {
            Port = target.Port,
            Protocol = target.Protocol ?? (request.IsUdp ? TransportProtocol.Udp : null),
            Address = target.Address,
            Name = name,
            From = from,
            UseIPv4 = request.UseIPv4,
            UseIPv6 = request.UseIPv6,
            RulesFile = request.RulesFile,
            Rules = rules,
            JudgeTime = request.JudgeTime,
            LeadsTo = ForwardCommand.LeadsTo,
        };
    }

    private static ExitCode Exit(Explanation explanation) => explanation switch
    {
        _ when explanation.Steps.Any(s => s is { Layer: "prove", Result: LayerResult.Fail }) => ExitCode.Failed,
        { Verdict: ReachVerdict.Reachable } => ExitCode.Success,
        { Verdict: ReachVerdict.Unreachable } => ExitCode.NothingFound,
        { LacksPrivilege: true } => ExitCode.NoPrivilege,
        { Verdict: ReachVerdict.Depends } when explanation.Steps.Any(s => s.Result == LayerResult.Fail) => ExitCode.NothingFound,
        _ => ExitCode.Failed,
    };

    private static PortolanException Usage(string message, Advice hint) => new(message, hint, ExitCode.Usage);
}

/// <summary>What the command line of <c>explain</c> asks for.</summary>
/// <param name="Target">The port.</param>
/// <param name="From">Who sends, as it was typed; <c>null</c> for everybody.</param>
/// <param name="IsUdp">Whether <c>--udp</c> was given.</param>
/// <param name="UseIPv4">Whether IPv4 is asked about.</param>
/// <param name="UseIPv6">Whether IPv6 is asked about.</param>
/// <param name="RulesFile">A file of rules to judge in place of the machine's own; or <c>null</c>.</param>
/// <param name="IncludeFolders">Folders besides that file's own from which it may include files.</param>
/// <param name="Prove">Whether the kernel itself is asked about one packet.</param>
/// <param name="Probe">Whether another machine's port is tried too.</param>
internal sealed record ExplainRequest(
    ExplainTarget Target, string? From, bool IsUdp, bool UseIPv4, bool UseIPv6, string? RulesFile, IReadOnlyList<string> IncludeFolders,
    bool Prove, bool Probe)
{
    /// <summary>How long judging may take; <c>null</c> for as long as it needs.</summary>
    public TimeSpan? JudgeTime { get; init; }
}
