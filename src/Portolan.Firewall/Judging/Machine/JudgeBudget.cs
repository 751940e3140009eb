namespace Portolan.Firewall.Judging.Machine;

/// <summary>How much work one query may be: hostile rules must not keep it running.</summary>
internal sealed class JudgeBudget(CancellationToken cancellation)
{
    /// <summary>States at one point; above, the packets are given up.</summary>
    public const int MaximumStates = 512;

    /// <summary>Jumps inside of each other (NFT_JUMP_STACK_SIZE).</summary>
    public const int MaximumDepth = 16;

    /// <summary>Comparisons of cubes for telling cases apart; above, they are not told apart. A second or two of work.</summary>
    public const int MaximumComparisons = 1_000_000;

    private const int MaximumSteps = 50_000_000;

    // A step may compare hundreds of states: seldom looks would come seconds apart.
    private const int CheckEvery = 16;

    private int _steps;

    /// <summary>Whether the work is used up.</summary>
    public bool IsSpent => _steps >= MaximumSteps;

    /// <summary>Whether cases need not be told apart any more.</summary>
    public bool AreComparisonsSpent => Comparisons > MaximumComparisons;

    /// <summary>Comparisons of cubes so far.</summary>
    public long Comparisons { get; private set; }

    /// <summary>Counts comparisons of cubes.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Compare(int cubes)
    {
        Comparisons += cubes;
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Looks whether it was cancelled; for loops that run no rule.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Check() => cancellation.ThrowIfCancellationRequested();

    /// <summary>Counts work.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Spend()
    {
        if (++_steps % CheckEvery == 0)
        {
            cancellation.ThrowIfCancellationRequested();
        }
    }
}
