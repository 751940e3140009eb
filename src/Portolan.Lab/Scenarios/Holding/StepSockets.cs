using Portolan.Transport;

namespace Portolan.Lab.Scenarios.Holding;

/// <summary>The sockets of a lab's hosts at a moment of a step: when it showed its last table, or at its end where it shows none.</summary>
/// <param name="Host">The host that the step looks at; <c>null</c> when it has shown the sockets of none.</param>
/// <param name="Hosts">The sockets of each host that has any.</param>
internal sealed record StepSockets(string? Host, IReadOnlyList<(string Host, IReadOnlyList<StackSocket> Sockets)> Hosts);
