namespace Portolan.Firewall.Judging.Machine;

/// <summary>
/// What had to be assumed for a packet to come this way: answers to open questions, and limits that are exceeded. Immutable.
/// </summary>
internal sealed class Doubts
{
    private Doubts(OpenQuestion[] questions, FlowLimit[] exceeded)
    {
        Questions = questions;
        Exceeded = exceeded;
    }

    /// <summary>Nothing is assumed.</summary>
    public static Doubts None { get; } = new([], []);

    public IReadOnlyList<OpenQuestion> Questions { get; }

    /// <summary>The limits that are taken to be exceeded.</summary>
    public IReadOnlyList<FlowLimit> Exceeded { get; }

    public bool AreNone => Questions.Count == 0 && Exceeded.Count == 0;

    public Doubts Ask(OpenQuestion question)
    {
        foreach (var known in Questions)
        {
            if (ReferenceEquals(known, question))
            {
                return this;
            }
        }

        return new([.. Questions, question], [.. Exceeded]);
    }

    public Doubts Exceed(FlowLimit limit)
    {
        foreach (var known in Exceeded)
        {
            if (ReferenceEquals(known, limit))
            {
                return this;
            }
        }

        return new([.. Questions], [.. Exceeded, limit]);
    }

    /// <summary>
    /// What is assumed when the same packets come to the same point both ways; <c>null</c> when that cannot be said at once.
    /// </summary>
    /// <remarks>A limit counts only when it must be exceeded: who comes here without, comes here.</remarks>
    public Doubts? Unite(Doubts other)
    {
        if (Same(other))
        {
            return this;
        }

        if (!SameLimits(other) && Exceeded.Count > 0 && other.Exceeded.Count > 0)
        {
            return null;
        }

        var result = Exceeded.Count <= other.Exceeded.Count ? this : other;
        foreach (var question in (ReferenceEquals(result, this) ? other : this).Questions)
        {
            result = result.Ask(question);
        }

        return result;
    }

    private bool SameLimits(Doubts other) => Exceeded.SequenceEqual(other.Exceeded, ReferenceEqualityComparer.Instance);

    /// <summary>Whether both assume the same.</summary>
    public bool Same(Doubts other) =>
        ReferenceEquals(this, other)
        || (Questions.Count == other.Questions.Count && Exceeded.Count == other.Exceeded.Count
            && Questions.SequenceEqual(other.Questions, ReferenceEqualityComparer.Instance)
            && Exceeded.SequenceEqual(other.Exceeded, ReferenceEqualityComparer.Instance));
}
