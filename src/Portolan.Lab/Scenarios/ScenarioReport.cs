using Portolan.Lab.Running.Wire;
using Portolan.Lab.Scenarios.Holding;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios;

/// <summary>What a scenario showed, and whether it was so.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Summary">What it shows.</param>
/// <param name="Seed">What its chance came from.</param>
/// <param name="Steps">Step by step.</param>
/// <param name="Conversations">The socket pairs that packets crossed the wire between, in the order in which they began.</param>
/// <param name="Failure">What ended it early; <c>null</c> when it came to its end.</param>
public sealed record ScenarioReport(
    string Name, string Summary, ulong Seed, IReadOnlyList<ScenarioStep> Steps, IReadOnlyList<PairConversation> Conversations,
    string? Failure)
{
    /// <summary>Whether all was as it should be.</summary>
    public bool Succeeded => Failure is null && Steps.All(static s => s.Checks.All(static c => c.Holds));
}

/// <summary>What happened in one sentence, and the tables that show it.</summary>
/// <param name="Sentence">What happens in it, for people.</param>
public sealed record ScenarioStep(string Sentence)
{
    /// <summary>When it began.</summary>
    public Instant Start { get; init; }

    /// <summary>All packets of the step, crossing by crossing.</summary>
    public List<PacketRecord> Packets { get; } = [];

    /// <summary>How many of them a ladder shows at most.</summary>
    public int MostRungs { get; set; } = 40;

    /// <summary>Which of them the ladder is drawn of.</summary>
    public Func<PacketRecord, bool> IsDrawn { get; set; } = static _ => true;

    /// <summary>Tables and texts that it shows.</summary>
    public List<Exhibit> Exhibits { get; } = [];

    /// <summary>What must hold.</summary>
    public List<ScenarioCheck> Checks { get; } = [];

    /// <summary>The sockets of the hosts, as it shows them last.</summary>
    internal StepSockets? Sockets { get; set; }
}

/// <summary>Something that a step shows.</summary>
/// <param name="Title">What it is; empty for a remark.</param>
/// <param name="Lines">It.</param>
public sealed record Exhibit(string Title, IReadOnlyList<string> Lines)
{
    /// <summary>How many packets of the step had been seen when it was taken.</summary>
    public int PacketsBefore { get; init; }
}

/// <summary>Something that must hold.</summary>
/// <param name="Claim">What, as a sentence without a full stop.</param>
/// <param name="Holds">Whether it does.</param>
/// <param name="Found">What was found instead; <c>null</c> when it holds.</param>
public sealed record ScenarioCheck(string Claim, bool Holds, string? Found)
{
    /// <summary>How many packets of the step had been seen when it was made.</summary>
    public int PacketsBefore { get; init; }

    /// <summary>How much the step had shown by then.</summary>
    public int ExhibitsBefore { get; init; }
}

/// <summary>A packet that crossed a segment.</summary>
/// <param name="Time">When.</param>
/// <param name="Segment">The network or link.</param>
/// <param name="From">Who sent it there.</param>
/// <param name="To">Who got it; <c>null</c> for none.</param>
/// <param name="Fate">What became of it.</param>
/// <param name="Why">Why; <c>null</c> when there is nothing to say.</param>
/// <param name="Bytes">The IP packet.</param>
public sealed record PacketRecord(Instant Time, string Segment, string From, string? To, WireOutcome Fate, string? Why, byte[] Bytes);
