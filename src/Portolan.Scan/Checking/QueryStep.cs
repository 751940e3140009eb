using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Names;

namespace Portolan.Scan.Checking;

/// <summary>A question to a DNS server and its answer.</summary>
/// <param name="Name">The name that was asked for.</param>
/// <param name="Type">The type of record.</param>
/// <param name="Questions">What was sent, in order: over UDP, again after silence, over TCP after a truncated answer.</param>
public sealed record QueryStep(string Name, DnsType Type, IReadOnlyList<DnsQuestionSent> Questions) : CheckStep, IPortEvidence
{
    /// <inheritdoc/>
    public override string Kind => "query";

    /// <summary>What the last question came to; <c>null</c> when none could be sent.</summary>
    public DnsStep? Last => Questions.Count == 0 ? null : Questions[^1].Step;

    /// <summary>Messages that came from the server's port and are no answer to the questions.</summary>
    public int Rejected => Questions.Sum(static question => question.Step.Rejected);

    /// <summary>The records of the answer, aliases among them; text from outside.</summary>
    public IReadOnlyList<DnsFact> Records => Last?.Answer?.Records ?? [];

    /// <inheritdoc/>
    public PortState State => Questions switch
    {
        [] => PortState.Unknown,
        [.., { Step.Answer: not null }] => PortState.Open,
        [.., { Step.Outcome: DnsOutcome.TimedOut }] => Rejected > 0 ? PortState.Open : PortState.OpenFiltered,
        [.., { Exchange: { } exchange }] => exchange switch
        {
            DatagramOutcome.Refused => PortState.Closed,
            DatagramOutcome.NotSent => PortState.Unknown,
            _ => PortState.Filtered,
        },
        _ => PortState.Open,
    };
}

/// <summary>A query to one server, with the datagrams that it took.</summary>
/// <param name="Step">What was asked and what came back.</param>
/// <param name="Pair">Our end and theirs, where the system told our port.</param>
/// <param name="Exchange">How a datagram ended; <c>null</c> over TCP.</param>
/// <param name="Icmp">The ICMP message that ended it.</param>
public sealed record DnsQuestionSent(DnsStep Step, SocketPair? Pair, DatagramOutcome? Exchange, IcmpRefusal? Icmp);
