using Portolan.Sockets.Binding;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Stopping;

/// <summary>One thing to do so that a holder lets go of its port.</summary>
/// <param name="Holder">Who lets go.</param>
public abstract record StopStep(PortHolder Holder);

/// <summary>Ask systemd to stop units: the socket unit first, so that it does not start the service again.</summary>
/// <param name="Holder">Who lets go.</param>
/// <param name="Units">The units, as systemctl takes them.</param>
public sealed record StopUnits(PortHolder Holder, IReadOnlyList<string> Units) : StopStep(Holder)
{
    /// <summary>The user whose manager has the units; <c>null</c> for that of the machine.</summary>
    public uint? User { get; init; }

    /// <summary>The container that the units run, which is stopped too where it outlives them; <c>null</c> for none.</summary>
    public ContainerInfo? Container { get; init; }
}

/// <summary>Ask the runtime to stop a container.</summary>
/// <param name="Holder">Who lets go.</param>
/// <param name="Container">The container.</param>
public sealed record StopContainer(PortHolder Holder, ContainerInfo Container) : StopStep(Holder);

/// <summary>Signal processes: the roots of the family first, because they end their children in good order.</summary>
/// <param name="Holder">Who lets go.</param>
/// <param name="Processes">All of them, roots first.</param>
public sealed record StopProcesses(PortHolder Holder, IReadOnlyList<ProcessInfo> Processes) : StopStep(Holder);

/// <summary>A holder that is left alone, and why.</summary>
/// <param name="Holder">Who.</param>
/// <param name="Code"><c>kernel</c>, <c>hidden</c>, <c>nobody</c>, <c>init</c>, <c>self</c>, <c>own-unit</c>, <c>socket-unit</c> or
/// <c>runtime</c>.</param>
/// <param name="Why">One sentence without a full stop. May contain names: hostile text.</param>
/// <param name="Remedy">What to do instead, or <c>null</c>.</param>
public sealed record StopRefusal(PortHolder Holder, string Code, string Why, Advice? Remedy);

/// <summary>What stop is going to do, decided before anything is done.</summary>
/// <param name="Steps">In order.</param>
/// <param name="Refusals">What it will not do.</param>
public sealed record StopPlan(IReadOnlyList<StopStep> Steps, IReadOnlyList<StopRefusal> Refusals);
