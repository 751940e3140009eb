using Portolan.Scan.Identification;

namespace Portolan.Scan.Engine.Services;

/// <summary>What is done and left to do at one host of a <see cref="ServiceStage"/>.</summary>
/// <param name="number">The host's number in its group.</param>
internal sealed class HostWork(int number)
{
    /// <summary>Connections at once to one host.</summary>
    public const int MaxConnections = 8;

    /// <summary>The host's number in its group.</summary>
    public int Number { get; } = number;

    /// <summary>Its connections.</summary>
    public HostPlaces Places { get; } = new(MaxConnections);

    /// <summary>Its ports that wait.</summary>
    public Queue<QueuedPort> Waiting { get; } = new();

    /// <summary>Its ports that are asked now.</summary>
    public int Running { get; set; }

    /// <summary>It stands among those whose turn comes.</summary>
    public bool IsReady { get; set; }
}
