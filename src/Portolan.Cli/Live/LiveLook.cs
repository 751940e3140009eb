using Portolan.Model;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.Live;

/// <summary>A look at the machine, for the live screen.</summary>
internal sealed record LiveLook
{
    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The chart, judged.</summary>
    public required ChartModel Chart { get; init; }

    /// <summary>What it was made of.</summary>
    public required MachineFacts Facts { get; init; }

    /// <summary>What is missing.</summary>
    public IReadOnlyList<MissingFact> Missing { get; init; } = [];

    /// <summary>Whether the rules of the own namespace were judged.</summary>
    public bool IsJudged { get; init; }

    /// <summary>Whether privilege is what the judge lacked.</summary>
    public bool LacksPrivilege { get; init; }

    /// <summary>Who manages the rules.</summary>
    public string Managers { get; init; } = "";

    /// <summary>How long it took.</summary>
    public TimeSpan Cost { get; init; }
}
