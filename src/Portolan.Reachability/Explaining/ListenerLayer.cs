using System.Globalization;
using Portolan.Firewall.Judging;
using Portolan.Sockets;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Reachability.Explaining;

/// <summary>Whether a program takes what arrives: who listens, on which addresses, and whether its accept queue has room.</summary>
internal sealed class ListenerLayer(ExplainQuestion question, ExplainFacts facts)
{
    private IReadOnlyList<ChartRow> Rows => field ??= [.. RowsOf(facts.Machine).Where(r => r.IsOwnNamespace)];

    /// <summary>The binds that take packets of a family to the address asked about; of all, those that are not loopback.</summary>
    internal List<PortBind> Fitting(bool isIPv4) => [.. Rows.SelectMany(r => r.Binds).Where(b => Fits(b, isIPv4)).Distinct()];

    /// <summary>
    /// The own addresses that the question is about: the one that was asked about, else those that sockets are bound to; <c>null</c> for
    /// all.
    /// </summary>
    internal IntervalSet? Asked(bool isIPv4)
    {
        if (question.Address is { } address)
        {
            return IntervalSet.Of(address.Number);
        }

        var binds = Fitting(isIPv4);
        return question.Among ?? (binds.Count == 0 || binds.Exists(static b => b.IsWildcard)
            ? null
            : IntervalSet.From(binds.Select(static b => new Interval(b.Address.Unmap().Number, b.Address.Unmap().Number))));
    }

    /// <summary>Whether a socket takes packets that arrive on one of these interfaces.</summary>
    internal bool Takes(IReadOnlyList<int> interfaces, bool isIPv4) =>
        Fitting(isIPv4).Exists(b => b.InterfaceIndex == 0 || interfaces.Count == 0 || interfaces.Contains(b.InterfaceIndex));

    /// <summary>The same of packets to one of several addresses; <c>null</c> where sockets take those to some of them alone.</summary>
    internal bool? TakesOneOf(IntervalSet addresses, IReadOnlyList<int> interfaces, bool isIPv4)
    {
        var fitting = Fitting(isIPv4).FindAll(b => b.InterfaceIndex == 0 || interfaces.Count == 0 || interfaces.Contains(b.InterfaceIndex));
        return fitting.Exists(static b => b.IsWildcard) ? true
            : fitting.Exists(b => b.Address.Unmap() is var own && own.IsIPv4 == isIPv4 && addresses.Contains(own.Number)) ? null
            : false;
    }

    /// <summary>The listeners where a translation leads; of several ports this one.</summary>
    internal ListenerLayer Landing(Translation to, PortNumber port)
    {
        return new ListenerLayer(
            question with { Port = port, Address = to.Address ?? (to.Addresses is null ? question.Address : null) },
            port == question.Port ? facts : facts with { Machine = facts.OnPort(port) ?? facts.Machine });
    }

    /// <summary>Whom the programs that listen reset; <c>null</c> when one of them takes everybody who was asked about.</summary>
    internal AllowLayer.Refusal? Refusal(bool isIPv4)
    {
        var refusals = Rows.Where(r => r.Binds.Any(b => Fits(b, isIPv4)))
            .Select(r => new AllowLayer(question, facts, isIPv4).OfProgram(r.Owner)).ToList();
        return refusals.Count > 0 && !refusals.Contains(null) ? refusals[0] : null;
    }

    /// <summary>Those that listen, and their binds.</summary>
    internal string Names(
        bool isIPv4) =>
            string.Join(
                ", ",
                Rows.Where(r => r.Binds.Any(b => isIPv4 ? b.TakesIPv4 : b.TakesIPv6)).Select(
                    r => $"{facts.OwnerText(r.Owner)}, {Text(r)}"));

    /// <summary>Says who listens.</summary>
    internal ExplanationStep Describe(bool isIPv4)
    {
        var parts = new List<string>();
        var more = new List<string>();
        foreach (var row in Rows.Where(r => r.Binds.Any(b => Fits(b, isIPv4))))
        {
            parts.Add($"{facts.OwnerText(row.Owner)}, {Text(row)}");
            if (facts.LeadsTo(row.Owner) is { } led)
            {
                more.Add($"it forwards connections to {led.Target}, from an address of this host");
            }
        }

        if (question.Protocol == TransportProtocol.Tcp && FullestQueue(isIPv4) is { } queue)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"accept queue {queue.Waiting}/{queue.Backlog}"));
        }

        return new ExplanationStep("listener", LayerResult.Ok, string.Join(", ", parts)) { More = more };
    }

    /// <summary>
    /// The accept queue that is full: then new connections are dropped (tcp_conn_request, sk_acceptq_is_full); or <c>null</c>. Of listeners
    /// that share the port (SO_REUSEPORT) some may have room; a listener that fits the address better is asked before all others.
    /// </summary>
    internal (uint Waiting, uint Backlog, int Full, int Listeners)? FullQueue(bool isIPv4)
    {
        if (question.Protocol != TransportProtocol.Tcp || FullestQueue(isIPv4) is not { } fullest || fullest.Waiting <= fullest.Backlog)
        {
            return null;
        }

        var queues = Queues(isIPv4);
        return (fullest.Waiting, fullest.Backlog, queues.Count(q => q.Waiting > q.Backlog), queues.Count);
    }

    /// <summary>
    /// Why nobody takes packets that arrive on these interfaces, where all listeners are bound to others; or <c>null</c>.
    /// </summary>
    internal (ExplanationStep Step, string Reason, IReadOnlyList<Advice> Fixes)? BoundElsewhere(
        bool isIPv4, IReadOnlyList<int> interfaces, Func<int, string> name)
    {
        var binds = Fitting(isIPv4);
        if (binds.Count == 0 || interfaces.Count == 0 || binds.Exists(b => b.InterfaceIndex == 0 || interfaces.Contains(b.InterfaceIndex)))
        {
            return null;
        }

        var owner = facts.OwnerText(Rows.First(r => r.Binds.Any(binds.Contains)).Owner);
        var only = string.Join(", ", binds.Select(b => name(b.InterfaceIndex)).Distinct());
        var by = string.Join(", ", interfaces.Select(name));
        return Fail(
            $"{owner} is bound to {only} (SO_BINDTODEVICE), and packets from {question.From?.Text ?? "there"} arrive on {by}",
            $"{owner} is bound to {only} and accepts nothing from {by}",
            $"# start {owner} without binding it to {only}");
    }

    /// <summary>Says why nothing takes the packets, and what to do.</summary>
    internal (ExplanationStep Step, string Reason, IReadOnlyList<Advice> Fixes) Explain(bool isIPv4)
    {
        var binds = Rows.SelectMany(r => r.Binds).Distinct().Order().ToList();
        if (binds.Count == 0)
        {
            return NotListening();
        }

        var owner = facts.OwnerText(Rows[0].Owner);
        var text = BindSummary.Text(binds, index => facts.Machine.Snapshot.Interfaces.Find(0, index));
        var wanted = question.Address is { } address ? address.ToString() : isIPv4 ? "0.0.0.0" : "[::]";
        var at = question.Address is { IsIPv4: false } six ? $"[{six}]" : wanted;
        var isAnywhere = question.Address is null && isIPv4;
        Advice start = Rows[0].Owner is not { IsPublished: true, Container: { } published } ? Advice.Of($"# start {owner} on {wanted}")
            : isAnywhere
            ? Advice.Of($"# recreate container {published.Name ?? published.Id} with its port published without an address: "
                + $"{EngineWord(published)} run -p {question.Port}:{PublishedPort(Rows[0].Owner)}")
            : $"# recreate container {published.Name ?? published.Id} with its port published on {at}: {EngineWord(published)} run -p "
                + $"{$"{at}:{question.Port}:{PublishedPort(Rows[0].Owner)}"}";
        if (binds.TrueForAll(b => b.IsLocal))
        {
            return Fail(
                $"{owner} listens on {text} only, which other machines cannot reach", $"{owner} listens on this machine only", start);
        }

        if (!binds.Exists(b => isIPv4 ? b.TakesIPv4 : b.TakesIPv6))
        {
            var why = isIPv4
                ? binds.Exists(b => b.IsWildcard)
                    ? $"{owner} listens on IPv6 only (IPV6_V6ONLY is set)"
                    : $"{owner} listens on {text}, which is IPv6"
                : $"{owner} listens on {text}, which is IPv4 only";
            return Fail(why, why, $"{start} too");
        }

        return Fail($"{owner} listens on {text}, not on {(question.Address is { } asked ? asked.ToString() : isIPv4 ? "an outside IPv4 address" : "an outside IPv6 address")}", $"{owner} listens on another address", start);
    }

    private static string EngineWord(ContainerInfo container) => container.Runtime switch
    {
        "podman" => "podman",
        "containerd" => "nerdctl",
        _ => "docker",
    };

    /// <summary>The port in the container, as far as the proxy's command line tells.</summary>
    private string PublishedPort(PortOwner owner) =>
        PublishedPorts.Parse(owner.Main?.CommandLine).Select(p => p.ContainerPort(question.Port)).FirstOrDefault(
            static p => p is not null) is { } port ? port.ToString() : "PORT";

    private string Text(ChartRow row) =>
        BindSummary.Text(row.Binds, index => facts.Machine.Snapshot.Interfaces.Find(row.NamespaceIndex, index));

    private bool Fits(PortBind bind, bool isIPv4)
    {
        // From this machine itself packets arrive on loopback, and the sockets of other interfaces never see them.
        if (question.From is { IsThisMachine: true } && bind.InterfaceIndex is not (0 or PortBind.LoopbackInterface))
        {
            return false;
        }

        if (question.Address is not { } address)
        {
            return (isIPv4 ? bind.TakesIPv4 : bind.TakesIPv6) && (!bind.IsLocal || question.From is { IsThisMachine: true })
                && (bind.IsWildcard || question.Among?.Contains(bind.Address.Unmap().Number) != false);
        }

        return (isIPv4 ? bind.TakesIPv4 : bind.TakesIPv6) && (bind.IsWildcard || bind.Address.Unmap() == address);
    }

    private (ExplanationStep Step, string Reason, IReadOnlyList<Advice> Fixes) NotListening()
    {
        var what = $"nothing listens on {question.PortWords}";
        var closing = Count(SocketState.TimeWait);
        var detail = closing == 0
            ? what
            : string.Create(
                CultureInfo.InvariantCulture, $"{what}; {closing} of its connections are in TIME-WAIT: it listened a moment ago");
        if (facts.SocketUnit is { } unit)
        {
            return Fail(
                $"{detail}; {unit} is configured for it but does not listen", "its program is not started", $"sudo systemctl start {unit}");
        }

        if (Rows.Count == 0 && Count(SocketState.Bound) > 0)
        {
            return Fail(
                $"{what}; a program holds the port without listening", "the program that holds the port does not listen",
                $"portolan who {question.PortWords}");
        }

        var (step, reason, fixes) = Fail(detail, what, question.Service is { } service
            ? Advice.Of($"# start the program that serves {question.PortWords} ({service})")
            : $"# start the program that serves {question.PortWords}");
        return (step, reason, FindElsewhere()?.Row.Owner.Container is { } container
            ? [.. fixes,
                $"# or instead publish the port when creating {container.Name ?? container.Id}: {EngineWord(container)} run -p "
                    + $"{question.Port}:{question.Port}"]
            : fixes);
    }

    /// <summary>
    /// Who listens on the port in another network namespace, where nothing does here; or <c>null</c>. May contain outside text.
    /// </summary>
    internal string? Elsewhere => FindElsewhere() is { } found
        ? $"{facts.OwnerText(found.Row.Owner)} listens on {question.PortWords} in network namespace {found.Space}; no "
            + $"rule redirects packets there"
        : null;

    private (ChartRow Row, string Space)? FindElsewhere() => (_elsewhere ??= new(LookElsewhere)).Value;

    private Lazy<(ChartRow Row, string Space)?>? _elsewhere;

    private (ChartRow Row, string Space)? LookElsewhere() =>
        Rows.Count == 0 && facts.Elsewhere() is { } machine && RowsOf(machine).FirstOrDefault(static r => !r.IsOwnNamespace) is { } row
            ? (row, machine.Snapshot.Namespaces[row.NamespaceIndex].Label ?? "another")
            : null;

    private static (ExplanationStep Step, string Reason, IReadOnlyList<Advice> Fixes) Fail(string detail, string reason, Advice fix) =>
        (new ExplanationStep("listener", LayerResult.Fail, detail), reason, [fix]);

    private int Count(SocketState state)
    {
        var (sockets, count) = (facts.Machine.Snapshot.Sockets, 0);
        for (var i = 0; i < sockets.Count; i++)
        {
            ref readonly var entry = ref sockets[i];
            count += entry.LocalPort == question.Port.Value && entry.State == state && entry.Protocol.Transport() == question.Protocol
                ? 1
                : 0;
        }

        return count;
    }

    /// <summary>Of several listeners on one port the kernel picks by a hash; the fullest queue is the one to worry about.</summary>
    private (uint Waiting, uint Backlog)? FullestQueue(bool isIPv4)
    {
        var queues = Queues(isIPv4);
        return queues.Count == 0 ? null : queues.MaxBy(static q => (long)q.Waiting - q.Backlog);
    }

    private List<(uint Waiting, uint Backlog)> Queues(bool isIPv4) =>
        Takers(isIPv4).ConvertAll(i => (Sockets[i].ReceiveQueue, Sockets[i].SendQueue));

    /// <summary>What each of the sockets refuses itself that new connections or datagrams go to.</summary>
    internal List<SocketRefusal> Refusals(bool isIPv4) => Takers(isIPv4).ConvertAll(i => facts.Refusals().Of(Sockets[i].Cookie));

    /// <summary>The marks of the sockets that answer (SO_MARK); <c>null</c> where none has one.</summary>
    internal IntervalSet? Marks(bool isIPv4)
    {
        var marks = IntervalSet.From(Refusals(isIPv4).Select(static r => new Interval(r.Mark, r.Mark)));
        return marks.Except(IntervalSet.Of(0)).IsEmpty ? null : marks;
    }

    private SocketTable Sockets => facts.Machine.Snapshot.Sockets;

    /// <summary>
    /// The sockets that new connections or datagrams go to: those whose bind fits best (compute_score of net/ipv4/inet_hashtables.c and
    /// net/ipv4/udp.c).
    /// </summary>
    private List<int> Takers(bool isIPv4)
    {
        var (protocol, state) = question.Protocol == TransportProtocol.Udp
            ? (SocketProtocol.Udp, SocketState.Unconnected)
            : (SocketProtocol.Tcp, SocketState.Listen);
        var (best, found) = (-1, new List<int>());
        for (var i = 0; i < Sockets.Count; i++)
        {
            ref readonly var entry = ref Sockets[i];
            if (entry.LocalPort != question.Port.Value || entry.State != state || entry.Protocol != protocol
                || !facts.Machine.Snapshot.Namespaces[entry.NamespaceIndex].IsOwn || PortBind.Of(entry) is var bind && !Fits(bind, isIPv4))
            {
                continue;
            }

            // Where no address was asked about, each listener has addresses of its own.
            var score = question.Address is { } address
                ? (bind.Fit(address) == 3 ? 8 : 0) + (bind.InterfaceIndex != 0 ? 4 : 0) + bind.Fit(address)
                : 0;
            if (score > best)
            {
                (best, found) = (score, []);
            }

            if (score == best)
            {
                found.Add(i);
            }
        }

        return found;
    }

    private IEnumerable<ChartRow> RowsOf(MachineFacts machine) =>
        PortChart.Build(machine, everything: true).Rows.Where(r => r.Port == question.Port && r.Protocol == question.Protocol);
}
