using Portolan.Cli.Charting;
using Portolan.Cli.Commands;
using Portolan.Cli.Hosting;
using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Intervals;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Replay;
using Portolan.Linux.Proc;
using Portolan.Model;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Explaining;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Binding;
using Portolan.Sockets;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.Explaining;

/// <summary>Gathers what an explanation rests on, through the context, and explains.</summary>
internal sealed class ExplainRun(ExplainRequest asked, CommandContext context)
{
    private ExplainRequest _request = asked;
    private string? _name;

    /// <summary>Explains.</summary>
    /// <exception cref="PortolanException">The question makes no sense: families that do not fit, an unknown interface.</exception>
    public (Explanation Explanation, IReadOnlyList<MissingFact> Missing, ExitCode Exit) Run(CancellationToken cancellationToken)
    {
        (var target, _name) = TargetName.Resolve(_request.Target, _request.UseIPv4, _request.UseIPv6, context, cancellationToken);
        _request = _request with { Target = target };
        var firewall = _request.RulesFile is { } file ? Load(file, cancellationToken) : context.Machine.Firewall;
        var survey = context.Machine.Survey();
        var machine = survey.ForPort(_request.Target.Port, NamedPort.Every, allNamespaces: false, cancellationToken);
        var question = Question(machine, firewall);
        NamespaceJudge? judge = null;
        if (context.Machine.MakeJudge is { } make)
        {
            NamespaceJudge.TryCreate(firewall, make, out judge);
        }

        var isOutbound = question.Address is { IsLoopback: false } address && firewall.Host is { } host && !IsOwn(judge, host, address)
            && !IsGroupHere(question, host);
        if (isOutbound && question.From is { } sender && !IsSenderHere(sender, firewall.Host))
        {
            throw Usage(
                $"{question.Address} is not an address of this machine, so the question is about packets from here, and {sender.Text} is not here",
                $"leave --from out, or give one of this machine's addresses or interfaces");
        }

        if (_request.Probe && !isOutbound)
        {
            throw Usage(
                "--probe tries another machine's port; this one is here",
                $"leave --probe out; to try it from here, portolan check {question.Address?.ToString() ?? "localhost"}:{question.Port}");
        }

        var elsewhere = new Lazy<MachineFacts>(
            () => survey.ForPort(_request.Target.Port, [question.Protocol], allNamespaces: true, cancellationToken));
        var sockets = ForwardSurvey.Sockets();
        using var time = new JudgingTime(_request.JudgeTime, context.Clock, cancellationToken);
        var facts = new ExplainFacts
        {
            Machine = machine,
            Elsewhere = () => elsewhere.Value,
            OnPort = Memory<PortNumber, MachineFacts?>(
                port => survey.ForPort(port, [question.Protocol], allNamespaces: false, cancellationToken)),
            OnPortEverywhere = Memory<PortNumber, MachineFacts?>(
                port => survey.ForPort(port, [question.Protocol], allNamespaces: true, cancellationToken)),
            JudgeOf = Memory<NetworkNamespace, NamespaceJudge?>(space => JudgeOf(space, cancellationToken)),
            Firewall = firewall,
            Judge = judge,
            Time = time,
            RemedyTime = new RemedyTime(time, context.Clock),
            Counters = context.Machine.ReadCounters(),
            Unseen = interfaces => context.Machine.OpenUnseen(firewall.Host).Look(interfaces, Cgroups(machine)),
            SocketUnit = machine.SocketUnit(question.Protocol, question.Port),
            RuleText = RuleText.Of,
            OwnerText = OwnerName.InSentence,
            ForwardHolder = forward =>
                ForwardSurvey.WithHolders(context.Machine, forward, sockets, cancellationToken).Processes is [var process, ..]
                    ? $"{process.ShownName} {process.Pid}"
                    : null,
            LeadsTo = owner => ForwardCommand.LeadsTo(owner.Main?.CommandLine, question.Protocol, question.Port),
        };
        var explanation = Explainer.Explain(question, facts, isOutbound, cancellationToken);
        MissingFact? late = time.HasCut ? new MissingFact(MissingFactCode.ReachNotInTime, "who can reach it", time.WhyInFull) : null;
        explanation = _request.Prove
            ? new ExplanationProver(question, machine, firewall, judge, context).AddTo(explanation, _request.JudgeTime, cancellationToken)
            : explanation;
        explanation = _request.Probe ? LiveProbe.AddTo(explanation, question, context, cancellationToken) : explanation;
        var hidden =
            PortChart.Build(machine, everything: true).Rows.Count(r => r.Owner.Kind == OwnerKind.Hidden && r.Port == question.Port);
        IReadOnlyList<MissingFact> missing = [
            .. Survey.Missing(machine, hidden), .. late is null ? (MissingFact[])[] : [late],
            .. firewall.Missing is { } fact ? (MissingFact[])[fact] : [], .. firewall.Rules?.Missing ?? [],
            .. firewall.Host?.Missing ?? []];
        return (explanation, missing, Exit(explanation));
    }

    private static Func<TKey, TValue> Memory<TKey, TValue>(Func<TKey, TValue> ask)
        where TKey : notnull
    {
        var known = new Dictionary<TKey, TValue>();
        return key => known.TryGetValue(key, out var facts) ? facts : known[key] = ask(key);
    }

    private NamespaceJudge? JudgeOf(NetworkNamespace space, CancellationToken cancellationToken)
    {
        NamespaceJudge? judge = null;
        if (!space.IsOwn && context.Machine.MakeJudge is { } make)
        {
            NamespaceJudge.TryCreate(context.Machine.ReadFirewallOf(space, cancellationToken), make, out judge);
        }

        return judge;
    }

    /// <summary>The rules of a file, on this machine's routing.</summary>
    private FirewallReading Load(string name, CancellationToken cancellationToken)
    {
        if (context.Machine.OpenScratch is null || context.Machine.OpenHostFacts is null)
        {
            throw new InvalidOperationException("no scratch namespace or no source of routes was given");
        }

        var host = context.Machine.OpenHostFacts();
        var folder = Environment.CurrentDirectory;
        var loaded = new RulesFileLoader(context.Machine.OpenScratch()).Load(
            RulesFile.Open(name, folder, context.OpenInputBytes), host, folder, _request.IncludeFolders, cancellationToken);
        foreach (var warning in loaded.Warnings)
        {
            ErrorLines.Write(context, $"portolan: {TerminalText.Escape(warning)}");
        }

        return new FirewallReading(loaded.Ruleset, host);
    }

    private ExplainQuestion Question(MachineFacts machine, FirewallReading firewall)
    {
        var target = _request.Target;
        var from = _request.From is null ? null : SenderArgument.Parse(_request.From, firewall.Host);
        if (from?.IsIPv4 is { } family && target.Address is { } address && address.IsIPv4 != family)
        {
            throw Usage($"{_request.From} and {address} are of different families", $"give both as IPv4, or both as IPv6");
        }

        if ((from?.IsIPv4 ?? target.Address?.IsIPv4) is { } only && (only ? !_request.UseIPv4 : !_request.UseIPv6))
        {
            throw Usage($"{(only ? "-6" : "-4")} cannot be combined with an {(only ? "IPv4" : "IPv6")} address", $"leave it out");
        }

        if (_request.IsUdp && target.Protocol is not (null or TransportProtocol.Udp))
        {
            throw Usage($"--udp cannot be combined with /{target.Protocol.Value.Name()}", $"leave one of them out");
        }

        var protocol = target.Protocol ?? (_request.IsUdp ? TransportProtocol.Udp : Guess(machine));
        return new ExplainQuestion
        {
            Port = target.Port,
            Protocol = protocol,
            Address = target.Address,
            Name = _name,
            Service = context.Machine.Services.PrimaryNameText(target.Port, protocol),
            From = from,
            RulesFile = _request.RulesFile,
            UseIPv4 = _request.UseIPv4,
            UseIPv6 = _request.UseIPv6,
            UserId = Caller.EffectiveUser,
        };
    }

    /// <summary>TCP, unless only a UDP program has the port.</summary>
    private TransportProtocol Guess(MachineFacts machine)
    {
        var rows =
            PortChart.Build(machine, everything: true).Rows.Where(r => r.Port == _request.Target.Port).Select(r => r.Protocol).ToList();
        return rows.Count > 0 && rows.TrueForAll(p => p == TransportProtocol.Udp) ? TransportProtocol.Udp : TransportProtocol.Tcp;
    }

    /// <summary>A multicast group is asked about from outside where somebody else is the sender.</summary>
    private static bool IsGroupHere(ExplainQuestion question, Portolan.Firewall.Host.HostFacts host) =>
        question is { Address.IsMulticast: true, From: { } sender } && !IsSenderHere(sender with { Interface = 0 }, host);

    private static bool IsSenderHere(SenderChoice from, Portolan.Firewall.Host.HostFacts? host) =>
        from is { Interface: > 0, Addresses: null } || from.IsThisMachine
            || (from.Addresses is { } set && host?.Addresses.Any(a => set.Contains(a.Address.Number)) == true);

    /// <summary>An address is this machine's own when the routes deliver it here: also addresses that no interface has (AnyIP).</summary>
    private static bool IsOwn(NamespaceJudge? judge, Portolan.Firewall.Host.HostFacts host, InternetAddress address)
    {
        if (host.Addresses.Any(a => a.Address == address))
        {
            return true;
        }

        var routes = judge?.Routes ?? new Portolan.Firewall.Host.Routing.RouteMap(host);
        return routes.Find(IntervalSet.Of(address.Number), new RouteKey(address.IsIPv4)) is [{ Outcome.Kind: HostRouteKind.Local }, ..];
    }

    private List<string> Cgroups(MachineFacts machine)
    {
        var found = new List<string>();
        if (context.Machine.CgroupMount is not { } mount || context.Machine.Cgroups is not { } paths)
        {
            return found;
        }

        for (var i = 0; i < machine.Snapshot.Sockets.Count; i++)
        {
            ref readonly var entry = ref machine.Snapshot.Sockets[i];
            if (MachineFacts.IsListener(entry) && entry.LocalPort == _request.Target.Port.Value && paths.Path(entry.CgroupId) is { } path
                && !found.Contains(mount + path))
            {
                found.Add(mount + path);
            }
        }

        return found;
    }

    private static ExitCode Exit(Explanation explanation) => explanation switch
    {
        _ when explanation.Steps.Any(s => s is { Layer: "prove", Result: StepResult.Fail }) => ExitCode.Failed,
        { Verdict: ReachVerdict.Reachable } => ExitCode.Success,
        { Verdict: ReachVerdict.Unreachable } => ExitCode.NothingFound,
        { LacksPrivilege: true } => ExitCode.NoPrivilege,
        { Verdict: ReachVerdict.Depends } when explanation.Steps.Any(s => s.Result == StepResult.Fail) => ExitCode.NothingFound,
        _ => ExitCode.Failed,
    };

    private static PortolanException Usage(string message, Advice hint) => new(message, hint, ExitCode.Usage);
}
