namespace Portolan.Sockets.Owners;

/// <summary>What container runtimes tell of their containers. May be slow or silent; never needed for more than names.</summary>
public interface IContainerNames
{
    /// <summary>The container's name, or <c>null</c> when its runtime does not answer or does not know it. Hostile text.</summary>
    string? Name(ContainerInfo container);

    /// <summary>The image that the container was made from, or <c>null</c> as for its name. Hostile text.</summary>
    string? Image(ContainerInfo container) => null;

    /// <summary>Why the container runs, or <c>null</c> as for its name.</summary>
    ContainerOrigin? Origin(ContainerInfo container) => null;

    /// <summary>
    /// The container that a port of this host leads to, as the engine of a user says (0 is the system's); or <c>null</c>.
    /// </summary>
    ContainerInfo? Publisher(PublishedPort port, uint user);
}
