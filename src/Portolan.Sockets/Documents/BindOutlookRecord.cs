using Portolan.Sockets.Binding;

namespace Portolan.Sockets.Documents;

/// <summary>What a bind to a port would meet.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="Free">Whether every bind that was tried works.</param>
/// <param name="Trials">Binds that were tried.</param>
/// <param name="Reasons">Why they fail, and what else is worth knowing.</param>
public sealed record BindOutlookRecord(
    string Protocol, bool Free, IEnumerable<BindTrialRecord> Trials, IEnumerable<BindReasonRecord> Reasons)
{
    /// <summary>An outlook as documents have it.</summary>
    public static BindOutlookRecord Of(BindOutlook outlook)
    {
        ArgumentNullException.ThrowIfNull(outlook);
        return new BindOutlookRecord(
            outlook.Protocol.Name(), outlook.IsFree, outlook.Trials.Select(BindTrialRecord.Of),
            outlook.Reasons.Select(static reason => new BindReasonRecord(reason.Code, reason.IsObstacle, reason.Text)));
    }
}

/// <summary>A bind that was tried.</summary>
/// <param name="Address">Where.</param>
/// <param name="Works">Whether it worked.</param>
/// <param name="Error">What the kernel said, or <c>null</c>.</param>
/// <param name="WorksWithReuseAddress">Whether it works with SO_REUSEADDR.</param>
/// <param name="WorksWithReusePort">Whether it works with SO_REUSEPORT.</param>
/// <param name="ReusePortUser">As which user it does; <c>null</c> for the caller.</param>
public sealed record BindTrialRecord(
    string Address, bool Works, string? Error, bool WorksWithReuseAddress, bool WorksWithReusePort, uint? ReusePortUser)
{
    /// <summary>A trial as documents have it.</summary>
    public static BindTrialRecord Of(BindTrial trial)
    {
        ArgumentNullException.ThrowIfNull(trial);
        return new BindTrialRecord(
            trial.Attempt.Address.ToString(), trial.Works, trial.Works ? null : trial.ErrorText, trial.ErrnoWithReuse == 0,
            trial.Works || trial.Shared is not null, trial.Shared?.User);
    }
}

/// <summary>Why a bind fails, or a fact that a person who wants to bind should know.</summary>
/// <param name="Code">See <see cref="BindReasonCodes"/>.</param>
/// <param name="Obstacle">Whether it makes some bind fail.</param>
/// <param name="Text">A sentence. Hostile text.</param>
public sealed record BindReasonRecord(string Code, bool Obstacle, string Text);
