namespace Portolan.Sockets.Doctor;

/// <summary>What works in an environment.</summary>
/// <param name="Facts">What was found out.</param>
/// <param name="Findings">What is made of it.</param>
public sealed record EnvironmentReport(EnvironmentFacts Facts, IReadOnlyList<Finding> Findings);
