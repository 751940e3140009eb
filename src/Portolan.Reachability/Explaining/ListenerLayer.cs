using System.Globalization;
using Portolan.Sockets;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Explaining;

/// <summary>Whether a program takes what arrives: who listens, on which addresses, and whether its accept queue has room.</summary>
internal sealed class ListenerLayer(ExplainQuestion question, ExplainFacts facts)
{
    private IReadOnlyList<ChartRow> Rows => field ??= [.. RowsOf(facts.Machine).Where(r => r.IsOwnNamespace)];

    /// <summary>The binds that take packets of a family to the address asked about; of all, those that are not loopback.</summary>
    internal List<PortBind> Fitting(bool isIPv4) => [.. Rows.SelectMany(r => r.Binds).Where(b => Fits(b, isIPv4)).Distinct()];

    /// <summary>Says who listens.</summary>
    internal ExplanationStep Describe(bool isIPv4)
    {
        var parts = new List<string>();
        foreach (var row in Rows.Where(r => r.Binds.Any(b => Fits(b, isIPv4))))
        {
            var binds = BindSummary.Text(row.Binds, index => facts.Machine.Snapshot.Interfaces.Find(row.NamespaceIndex, index));
            parts.Add($"{facts.OwnerText(row.Owner)}, {binds}");
        }

        if (question.Protocol == TransportProtocol.Tcp && FullestQueue(isIPv4) is { } queue)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"accept queue {queue.Waiting}/{queue.Backlog}"));
        }

        return new ExplanationStep("listener", StepResult.Ok, string.Join(", ", parts));
    }

    /// <summary>The accept queue that is full: then new connections are dropped (tcp_conn_request, sk_acceptq_is_full); or <c>null</c>.</summary>
    internal (uint Waiting, uint Backlog)? FullQueue(bool isIPv4) =>
        question.Protocol == TransportProtocol.Tcp && FullestQueue(isIPv4) is { } queue && queue.Waiting > queue.Backlog ? queue : null;

    /// <summary>Says why nothing takes the packets, and what to do.</summary>
    internal (ExplanationStep Step, string Reason, IReadOnlyList<string> Fixes) Explain(bool isIPv4)
    {
        var binds = Rows.SelectMany(r => r.Binds).Distinct().Order().ToList();
        if (binds.Count == 0)
        {
            return NotListening();
        }

        var owner = facts.OwnerText(Rows[0].Owner);
        var text = BindSummary.Text(binds, index => facts.Machine.Snapshot.Interfaces.Find(0, index));
        var wanted = question.Address is { } address ? address.ToString() : isIPv4 ? "0.0.0.0" : "[::]";
        var start = $"start {owner} on {wanted}";
        if (binds.TrueForAll(b => b.IsLocal))
        {
            return Fail($"{owner} listens on {text} only, which other machines cannot reach", $"{owner} listens on this machine only", start);
        }

        if (!binds.Exists(b => isIPv4 ? b.TakesIPv4 : b.TakesIPv6))
        {
            var why = isIPv4
                ? binds.Exists(b => b.IsWildcard) ? $"{owner} listens on IPv6 only (IPV6_V6ONLY is set)" : $"{owner} listens on {text}, which is IPv6"
                : $"{owner} listens on {text}, which is IPv4 only";
            return Fail(why, why, $"{start} too");
        }

        return Fail($"{owner} listens on {text}, not on {(question.Address is { } asked ? asked.ToString() : isIPv4 ? "an outside IPv4 address" : "an outside IPv6 address")}", $"{owner} listens on another address", start);
    }

    private bool Fits(PortBind bind, bool isIPv4)
    {
        if (question.Address is not { } address)
        {
            return (isIPv4 ? bind.TakesIPv4 : bind.TakesIPv6) && (!bind.IsLocal || question.From is { IsThisMachine: true });
        }

        return (isIPv4 ? bind.TakesIPv4 : bind.TakesIPv6) && (bind.IsWildcard || bind.Address.Unmap() == address);
    }

    private (ExplanationStep Step, string Reason, IReadOnlyList<string> Fixes) NotListening()
    {
        var what = $"nothing listens on {question.PortWords}";
        var elsewhere = facts.Elsewhere();
        if (elsewhere is not null && RowsOf(elsewhere).FirstOrDefault(r => !r.IsOwnNamespace) is { } other)
        {
            var space = elsewhere.Snapshot.Namespaces[other.NamespaceIndex].Label ?? "another";
            return Fail(
                $"{what} here; {facts.OwnerText(other.Owner)} listens in network namespace {space}, and no rule sends packets there",
                $"{facts.OwnerText(other.Owner)} listens in another network namespace",
                other.Owner.Container is { } container
                    ? $"publish the port when {container.Name ?? container.Id} is started: docker run -p {question.Port}:{question.Port}"
                    : $"forward the port into namespace {space}, or start the program in this one");
        }

        var closing = Count(SocketState.TimeWait);
        var detail = closing == 0 ? what : string.Create(CultureInfo.InvariantCulture, $"{what}; {closing} of its connections are in TIME-WAIT: it listened a moment ago");
        if (facts.SocketUnit is { } unit)
        {
            return Fail($"{detail}; {unit} is set up for it and does not listen", "its program is not started", $"sudo systemctl start {unit}");
        }

        if (Rows.Count == 0 && Count(SocketState.Bound) > 0)
        {
            return Fail($"{what}; a program holds the port without listening", "the program that holds the port does not listen", $"portolan who {question.PortWords}");
        }

        return Fail(detail, what, $"start the program that is to serve {question.PortWords}{(question.Service is { } service ? $" ({service})" : "")}");
    }

    private static (ExplanationStep Step, string Reason, IReadOnlyList<string> Fixes) Fail(string detail, string reason, string fix) =>
        (new ExplanationStep("listener", StepResult.Fail, detail), reason, [fix]);

    private int Count(SocketState state)
    {
        var (sockets, count) = (facts.Machine.Snapshot.Sockets, 0);
        for (var i = 0; i < sockets.Count; i++)
        {
            ref readonly var entry = ref sockets[i];
            count += entry.LocalPort == question.Port.Value && entry.State == state && entry.Protocol.Transport() == question.Protocol ? 1 : 0;
        }

        return count;
    }

    /// <summary>Of several listeners on one port the kernel picks by a hash; the fullest queue is the one to worry about.</summary>
    private (uint Waiting, uint Backlog)? FullestQueue(bool isIPv4)
    {
        (uint Waiting, uint Backlog)? fullest = null;
        var sockets = facts.Machine.Snapshot.Sockets;
        for (var i = 0; i < sockets.Count; i++)
        {
            ref readonly var entry = ref sockets[i];
            if (entry.LocalPort == question.Port.Value && entry.State == SocketState.Listen && entry.Protocol == SocketProtocol.Tcp
                && facts.Machine.Snapshot.Namespaces[entry.NamespaceIndex].IsOwn && Fits(PortBind.Of(entry), isIPv4)
                && (fullest is null || (long)entry.ReceiveQueue - entry.SendQueue > (long)fullest.Value.Waiting - fullest.Value.Backlog))
            {
                fullest = (entry.ReceiveQueue, entry.SendQueue);
            }
        }

        return fullest;
    }

    private IEnumerable<ChartRow> RowsOf(MachineFacts machine) =>
        PortChart.Build(machine, everything: true).Rows.Where(r => r.Port == question.Port && r.Protocol == question.Protocol);
}
