using Portolan.Model;
using Portolan.Scan.Identification;

namespace Portolan.Scan.Checking;

/// <summary>What the check of one target found.</summary>
/// <param name="Target">What was checked.</param>
/// <param name="StartedAt">When, in UTC.</param>
/// <param name="Elapsed">How long all of it took, but for the question what the port is.</param>
/// <param name="Hops">The target, then what it redirected to; each with a connection and steps of its own. Never empty.</param>
public sealed record CheckReport(CheckTarget Target, DateTimeOffset StartedAt, TimeSpan Elapsed, IReadOnlyList<CheckHop> Hops)
{
    /// <summary>
    /// The state of the target's own port, as a scan of that port would give it; <see cref="PortState.Unknown"/> when no probe left this
    /// host or the name is not known.
    /// </summary>
    public PortState State => Hops[0].State;

    /// <summary>The worst step of the last hop: what the whole check came to.</summary>
    public StepResult Result => Hops[^1].Result;

    /// <summary>Whether everything that the scheme asks for was reached: a connection, a reply, a good answer.</summary>
    public bool IsReached => Result is StepResult.Ok or StepResult.Warning;

    /// <summary>What the check came to, in one line.</summary>
    public string Summary => Hops[^1].Decisive?.Summary ?? "nothing was done";

    /// <summary>What answered at the end, as far as its bytes tell; <c>null</c> where they do not.</summary>
    public IdentifiedService? Identified =>
        Hops[^1].Steps.OfType<IServiceEvidence>().LastOrDefault(static s => s.Identified is not null)?.Identified;

    /// <summary>The last step of a kind over all hops, or <c>null</c>.</summary>
    public T? Last<T>()
        where T : CheckStep
    {
        for (var i = Hops.Count - 1; i >= 0; i--)
        {
            if (Hops[i].Find<T>() is { } step)
            {
                return step;
            }
        }

        return null;
    }
}

/// <summary>One connection of a check, or the attempt at one.</summary>
/// <param name="Target">Where it went.</param>
/// <param name="Steps">In the order in which they were done.</param>
public sealed record CheckHop(CheckTarget Target, IReadOnlyList<CheckStep> Steps)
{
    /// <summary>What the steps say about the port.</summary>
    public PortState State
    {
        get
        {
            foreach (var step in Steps)
            {
                if (step is IPortEvidence evidence)
                {
                    return evidence.State;
                }
            }

            return PortState.Unknown;
        }
    }

    /// <summary>From the begin of its first step to the end of its last, but for the question what the port is.</summary>
    public TimeSpan Elapsed =>
        Steps.LastOrDefault(static s => s is not IdentifyStep) is { } last
            ? last.Time.At + last.Time.Elapsed - Steps[0].Time.At
            : TimeSpan.Zero;

    /// <summary>The worst result of the steps.</summary>
    public StepResult Result
    {
        get
        {
            var worst = StepResult.Ok;
            foreach (var step in Steps)
            {
                worst = step.Result > worst ? step.Result : worst;
            }

            return worst;
        }
    }

    /// <summary>The step that reports how the hop ended: the last of those that failed, or else the last.</summary>
    public CheckStep? Decisive
    {
        get
        {
            CheckStep? decisive = null;
            foreach (var step in Steps.Where(static s => s is not IdentifyStep { Answer.Service: null }))
            {
                decisive = decisive is null or { Result: StepResult.Ok or StepResult.Warning } || step.Result >= decisive.Result
                    ? step
                    : decisive;
            }

            return decisive;
        }
    }

    /// <summary>The step of a kind, or <c>null</c>.</summary>
    public T? Find<T>()
        where T : CheckStep
    {
        foreach (var step in Steps)
        {
            if (step is T found)
            {
                return found;
            }
        }

        return null;
    }
}

/// <summary>A step that reports the state of a port.</summary>
public interface IPortEvidence
{
    /// <summary>The state, as a scan of that port would give it.</summary>
    PortState State { get; }
}
