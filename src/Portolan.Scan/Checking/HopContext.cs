namespace Portolan.Scan.Checking;

/// <summary>What the steps of one connection share: the target, the tools, and the steps done so far.</summary>
internal sealed class HopContext(CheckTarget target, CheckOptions options, CheckTools tools, StepClock clock, WarmUp start)
{
    private readonly List<CheckStep> _steps = [];

    public CheckTarget Target { get; } = target;

    public CheckOptions Options { get; } = options;

    public CheckTools Tools { get; } = tools;

    public StepClock Clock { get; } = clock;

    public WarmUp Start { get; } = start;

    /// <summary>Keeps a step and says whether the next may follow.</summary>
    public bool Add(CheckStep step)
    {
        _steps.Add(step);
        return step.Result is StepResult.Ok or StepResult.Warning;
    }

    /// <summary>The step of a kind that was kept, or <c>null</c>.</summary>
    public T? Find<T>()
        where T : CheckStep => ToHop().Find<T>();

    /// <summary>The hop with the steps that were kept.</summary>
    public CheckHop ToHop() => new(Target, _steps);

    /// <summary>A token that ends with the caller's, or after the time a step has.</summary>
    public StepLimit Limit(TimeSpan time, CancellationToken cancellationToken) => new(time, Clock.Time, cancellationToken);
}
