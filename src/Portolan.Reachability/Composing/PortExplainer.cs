using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rendering;
using Portolan.Linux.Proc;
using Portolan.Reachability.Explaining;
using Portolan.Reachability.Judging;
using Portolan.Sockets;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Composing;

/// <summary>An explanation, and what is not known.</summary>
/// <param name="Explanation">The explanation.</param>
/// <param name="Missing">What could not be learned.</param>
public sealed record PortExplanation(Explanation Explanation, IReadOnlyList<MissingFact> Missing);

/// <summary>Gathers what an explanation of one port rests on, and explains.</summary>
public sealed class PortExplainer
{
    private readonly Machine _machine;
    private readonly ReachQuestion _asked;
    private readonly MachineSurvey _survey;
    private readonly FirewallReading _firewall;
    private readonly MachineFacts _facts;
    private readonly NamespaceJudge? _judge;

    /// <summary>Reads who has the port, and which way the question is about.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="asked">What is asked.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public PortExplainer(Machine machine, ReachQuestion asked, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(asked);
        (_machine, _asked) = (machine, asked);
        _firewall = asked.Rules ?? machine.Firewall;
        _survey = machine.Survey();
        _facts = _survey.ForPort(asked.Port, NamedPort.Every, allNamespaces: false, cancellationToken);
        Question = QuestionOf(asked);
        if (machine.MakeJudge is { } make)
        {
            NamespaceJudge.TryCreate(_firewall, make, out _judge);
        }

        IsOutbound = Question.Address is { IsLoopback: false } address && _firewall.Host is { } host && !IsOwn(host, address)
            && !IsGroupHere(host) && !IsTakenByProxy(address, cancellationToken);
        IsSenderElsewhere = IsOutbound && Question.From is { } sender && !IsSenderHere(sender, _firewall.Host);
    }

    /// <summary>The question in full.</summary>
    public ExplainQuestion Question { get; }

    /// <summary>Whether it is about packets from this machine to another.</summary>
    public bool IsOutbound { get; }

    /// <summary>Whether packets from here are asked about, and the sender that is named is not here: there is nothing to explain.</summary>
    public bool IsSenderElsewhere { get; }

    /// <summary>Answers the question layer by layer.</summary>
    /// <param name="isProved">Whether the kernel itself is asked about one packet of each kind.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public PortExplanation Explain(bool isProved, CancellationToken cancellationToken)
    {
        using var time = new EvaluationBudget(_asked.JudgeTime, _machine.Clock, cancellationToken);
        var explanation = Explainer.Explain(Question, Facts(time, cancellationToken), IsOutbound, cancellationToken);
        MissingFact? late = time.HasCut ? new MissingFact(MissingFactCode.ReachNotInTime, "who can reach it", time.WhyInFull) : null;
        if (isProved)
        {
            explanation = new ExplanationProver(Question, _facts, _firewall, _judge, _machine)
                .AddTo(explanation, _asked.JudgeTime, cancellationToken);
        }

        var hidden = PortChart.Build(_facts, everything: true).Rows
            .Count(r => r.Owner.Kind == OwnerKind.Hidden && r.Port == Question.Port);
        return new PortExplanation(
            explanation,
            [
                .. HiddenOwners.Missing(_facts, hidden), .. late is null ? (MissingFact[])[] : [late],
                .. _firewall.Missing is { } fact ? (MissingFact[])[fact] : [],
                .. _firewall.Rules?.Missing ?? [], .. _firewall.Host?.Missing ?? [],
            ]);
    }

    private ExplainFacts Facts(EvaluationBudget time, CancellationToken cancellationToken)
    {
        var elsewhere = new Lazy<MachineFacts>(
            () => _survey.ForPort(_asked.Port, [Question.Protocol], allNamespaces: true, cancellationToken));
        var refusals = new Lazy<SocketRefusals>(() => _machine.ReadRefusals(cancellationToken));
        var sockets = ForwardSurvey.Sockets();
        return new ExplainFacts
        {
            Machine = _facts,
            Elsewhere = () => elsewhere.Value,
            OnPort = Memory<PortNumber, MachineFacts?>(
                port => _survey.ForPort(port, [Question.Protocol], allNamespaces: false, cancellationToken)),
            OnPortEverywhere = Memory<PortNumber, MachineFacts?>(
                port => _survey.ForPort(port, [Question.Protocol], allNamespaces: true, cancellationToken)),
            JudgeOf = Memory<NetworkNamespace, NamespaceJudge?>(space => JudgeOf(space, cancellationToken)),
            Firewall = _firewall,
            Judge = _judge,
            Time = time,
            RemedyTime = new RemedyTime(time, _machine.Clock),
            Counters = _machine.ReadCounters(),
            Neighbours = _machine.ReadNeighbours,
            Refusals = () => refusals.Value,
            Unseen = interfaces => _machine.OpenUnseen(_firewall.Host).Look(interfaces, Cgroups()),
            SocketUnit = _facts.SocketUnit(Question.Protocol, Question.Port),
            RuleText = RuleText.Of,
            OwnerText = static owner => owner.InSentence,
            ForwardHolder = forward =>
                ForwardSurvey.WithHolders(_machine, forward, sockets, cancellationToken).Processes is [var process, ..]
                    ? $"{process.ShownName} {process.Pid}"
                    : null,
            LeadsTo = owner => _asked.LeadsTo(owner.Main?.CommandLine, Question.Protocol, Question.Port),
        };
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
        if (!space.IsOwn && _machine.MakeJudge is { } make)
        {
            NamespaceJudge.TryCreate(_machine.ReadFirewallOf(space, cancellationToken), make, out judge);
        }

        return judge;
    }

    private ExplainQuestion QuestionOf(ReachQuestion asked)
    {
        var protocol = asked.Protocol ?? Guess();
        return new ExplainQuestion
        {
            Port = asked.Port,
            Protocol = protocol,
            Address = asked.Address,
            Name = asked.Name,
            Service = _machine.Services.PrimaryNameText(asked.Port, protocol),
            From = asked.From,
            RulesFile = asked.RulesFile,
            UseIPv4 = asked.UseIPv4,
            UseIPv6 = asked.UseIPv6,
            UserId = EffectiveUser.Id,
        };
    }

    /// <summary>TCP, unless only a UDP program has the port.</summary>
    private TransportProtocol Guess()
    {
        var rows = PortChart.Build(_facts, everything: true).Rows.Where(r => r.Port == _asked.Port).Select(r => r.Protocol).ToList();
        return rows.Count > 0 && rows.TrueForAll(p => p == TransportProtocol.Udp) ? TransportProtocol.Udp : TransportProtocol.Tcp;
    }

    /// <summary>A multicast group is asked about from outside if another host is the sender.</summary>
    private bool IsGroupHere(HostFacts host) =>
        Question is { Address.IsMulticast: true, From: { } sender } && !IsSenderHere(sender with { Interface = 0 }, host);

    private static bool IsSenderHere(SenderChoice from, HostFacts? host) =>
        from is { Interface: > 0, Addresses: null } || from.IsThisMachine
            || (from.Addresses is { } set && host?.Addresses.Any(a => set.Contains(a.Address.Number)) == true);

    /// <summary>An address is this machine's own when the routes deliver it here: also addresses that no interface has (AnyIP).</summary>
    private bool IsOwn(HostFacts host, InternetAddress address)
    {
        if (host.Addresses.Concat(host.UnusableAddresses).Any(a => a.Address == address))
        {
            return true;
        }

        var routes = _judge?.Routes ?? new RouteMap(host);
        return routes.Find(IntervalSet.Of(address.Number), new RouteKey(address.IsIPv4)) is [{ Outcome.Kind: HostRouteKind.Local }, ..];
    }

    /// <summary>What another machine sends through this one is asked about from outside where a rule gives it to a proxy here.</summary>
    private bool IsTakenByProxy(InternetAddress address, CancellationToken cancellationToken) =>
        Question.From is { Addresses: { } sources } sender && !IsSenderHere(sender, _firewall.Host)
        && _judge is { Rules.LocalSockets: not null } judge
        && judge.Judge(new FlowQuery
        {
            Direction = FlowDirection.Inbound,
            IsIPv4 = address.IsIPv4,
            Protocol = (byte)Question.Protocol,
            DestinationPort = Question.Port.Value,
            Sources = sources,
            Destinations = IntervalSet.Of(address.Number),
            WithReplies = false,
        }, cancellationToken).Regions.Any(static r => r.Outcome is { Delivery: DeliveryKind.Local, Translation.IsProxy: true });

    private List<string> Cgroups()
    {
        var found = new List<string>();
        if (_machine.CgroupMount is not { } mount || _machine.Cgroups is not { } paths)
        {
            return found;
        }

        for (var i = 0; i < _facts.Snapshot.Sockets.Count; i++)
        {
            ref readonly var entry = ref _facts.Snapshot.Sockets[i];
            if (MachineFacts.IsListener(entry) && entry.LocalPort == _asked.Port.Value && paths.Path(entry.CgroupId) is { } path
                && !found.Contains(mount + path))
            {
                found.Add(mount + path);
            }
        }

        return found;
    }
}
