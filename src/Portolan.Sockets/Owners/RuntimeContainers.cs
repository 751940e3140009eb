namespace Portolan.Sockets.Owners;

/// <summary>
/// Asks the engines of this machine for their containers over their Unix sockets, once each and only when a name is wanted.
/// </summary>
/// <remarks>containerd and CRI-O speak gRPC only, and names of LXC and nspawn containers are their ids: those are not asked.</remarks>
/// <param name="engines">How they are asked. One thread at a time.</param>
/// <param name="budget">How long each may take.</param>
public sealed class RuntimeContainers(EngineClient engines, TimeSpan budget) : IContainerNames
{
    private readonly Dictionary<ContainerEngine, IReadOnlyList<RuntimeContainer>> _answers = [];

    /// <summary>Asks at the usual sockets, at 200 ms each.</summary>
    public static RuntimeContainers OfThisMachine() => new(EngineClient.OfThisMachine(mayRunPodman: false), TimeSpan.FromMilliseconds(200));

    /// <inheritdoc/>
    public string? Name(ContainerInfo container) =>
        Find(container) is { } found ? found.Name : container.Runtime is "lxc" or "nspawn" ? container.Id : null;

    /// <inheritdoc/>
    public string? Image(ContainerInfo container) => Find(container)?.Image;

    /// <inheritdoc/>
    public ContainerInfo? Publisher(PublishedPort port, uint user) =>
        RuntimeContainer.Publisher(Of(new ContainerEngine(port.Runtime, user)), port, user);

    private RuntimeContainer? Find(ContainerInfo container)
    {
        foreach (var candidate in Of(container.Engine))
        {
            if (string.Equals(candidate.Id, container.Id, StringComparison.Ordinal))
            {
                return candidate;
            }
        }

        return null;
    }

    private IReadOnlyList<RuntimeContainer> Of(ContainerEngine engine)
    {
        if (!_answers.TryGetValue(engine, out var containers))
        {
            containers = engine.CanBeAsked ? engines.List(engine, budget, out _) ?? [] : [];
            _answers.Add(engine, containers);
        }

        return containers;
    }
}
