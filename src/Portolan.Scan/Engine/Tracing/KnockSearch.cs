using Portolan.Model;

namespace Portolan.Scan.Engine.Tracing;

/// <summary>Asks whether packets of a kind reach a host at all, before its way is looked for with them.</summary>
internal sealed class KnockSearch() : HopSearch(window: 1)
{
    /// <summary>They do.</summary>
    public bool IsReached { get; private set; }

    /// <inheritdoc/>
    public override bool IsDone => IsReached || IsSettled(MostHops);

    /// <inheritdoc/>
    protected override int Pick() => StateOf(MostHops) == HopState.Open ? MostHops : 0;

    /// <inheritdoc/>
    protected override void OnAnswer(int ttl, InternetAddress from, HopAnswer answer) => IsReached |= answer == HopAnswer.Reached;
}
