namespace Portolan.Sockets.Owners;

/// <summary>
/// Asks the engines of this machine for their containers over their Unix sockets, once each and only when a name is wanted.
/// </summary>
/// <remarks>containerd and CRI-O speak gRPC only, and names of LXC and nspawn containers are their ids: those are not asked.</remarks>
/// <param name="engines">How they are asked. One thread at a time.</param>
/// <param name="each">How long each may take. Where none listens, none is waited for.</param>
/// <param name="all">How long all may take together; each that is asked later has <see cref="Least"/> all the same.</param>
/// <param name="clock">Measures that.</param>
public sealed class RuntimeContainers(EngineClient engines, TimeSpan each, TimeSpan all, TimeProvider clock) : IContainerNames
{
    private TimeSpan _left = all;
    private readonly Dictionary<ContainerEngine, IReadOnlyList<RuntimeContainer>> _answers = [];

    /// <summary>
    /// What an engine has in any case. One that is idle answers within a few milliseconds; under load, or when systemd starts it for the
    /// question, a second is not rare.
    /// </summary>
    internal static readonly TimeSpan Least = TimeSpan.FromMilliseconds(200);

    /// <summary>What an engine usually has.</summary>
    internal static readonly TimeSpan Usual = TimeSpan.FromSeconds(2);

    /// <summary>What all usually have: any user of this machine may have a socket that never answers.</summary>
    internal static readonly TimeSpan UsualForAll = TimeSpan.FromSeconds(4);

    /// <summary>Asks at the usual sockets, with the usual times.</summary>
    public static RuntimeContainers OfThisMachine() => new(
        EngineClient.OfThisMachine(mayRunPodman: false), Usual, UsualForAll, TimeProvider.System);

    /// <inheritdoc/>
    public string? Name(ContainerInfo container) =>
        Find(container) is { } found ? found.Name : container.Runtime is "lxc" or "nspawn" ? container.Id : null;

    /// <inheritdoc/>
    public string? Image(ContainerInfo container) => Find(container)?.Image;

    /// <inheritdoc/>
    public ContainerOrigin? Origin(ContainerInfo container) =>
        Find(container) is null
            ? null : engines.Origin(container, TimeSpan.FromTicks(Math.Max(Math.Min(each.Ticks, _left.Ticks), Least.Ticks)));

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
            var started = clock.GetTimestamp();
            var budget = TimeSpan.FromTicks(Math.Min(each.Ticks, Math.Max(_left.Ticks, Least.Ticks)));
            containers = engine.CanBeAsked ? engines.List(engine, budget, out _) ?? [] : [];
            _left -= clock.GetElapsedTime(started);
            _answers.Add(engine, containers);
        }

        return containers;
    }
}
