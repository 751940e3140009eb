using Portolan.Scan.Identification;

namespace Portolan.Scan.Checking;

/// <summary>What a port is, as it answered: asked after the check proper, so its time is no part of the target's.</summary>
/// <param name="Answer">What came of it.</param>
public sealed record IdentifyStep(ServiceAnswer Answer) : CheckStep, IServiceEvidence
{
    /// <inheritdoc/>
    public override string Kind => "identify";

    /// <inheritdoc/>
    public IdentifiedService? Identified => Answer.Service;
}

/// <summary>A step whose bytes may tell what the service is.</summary>
public interface IServiceEvidence
{
    /// <summary>What they tell; <c>null</c> for nothing.</summary>
    IdentifiedService? Identified { get; }
}
