namespace Portolan.Sockets.Owners;

/// <summary>A container engine of this machine: the system's, or one that a user runs without root.</summary>
/// <param name="Runtime"><c>docker</c> or <c>podman</c>; others are not asked.</param>
/// <param name="User">Whose engine it is; 0 is the system's.</param>
public readonly record struct ContainerEngine(string Runtime, uint User)
{
    /// <summary>Where it listens for requests unless it was told otherwise; none for runtimes that are not asked.</summary>
    public static IReadOnlyList<string> UsualSockets(ContainerEngine engine) => (engine.Runtime, engine.User) switch
    {
        ("docker", 0) => ["/run/docker.sock"],
        ("docker", var user) => [$"/run/user/{user}/docker.sock"],
        ("podman", 0) => ["/run/podman/podman.sock"],
        ("podman", var user) => [$"/run/user/{user}/podman/podman.sock"],
        _ => [],
    };

    /// <summary>Whether such an engine can be asked at all: containerd and CRI-O speak gRPC only.</summary>
    public bool CanBeAsked => Runtime is "docker" or "podman";
}
