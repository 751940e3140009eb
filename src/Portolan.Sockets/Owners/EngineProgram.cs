namespace Portolan.Sockets.Owners;

/// <summary>What a program of a container engine does.</summary>
public enum EngineRole
{
    /// <summary>It is the engine itself, such as dockerd.</summary>
    Engine,

    /// <summary>It watches one container from outside, and may hold the container's published ports, such as conmon.</summary>
    Monitor,

    /// <summary>It passes connections on to a container, such as docker-proxy and rootlessport.</summary>
    Proxy,
}

/// <summary>A program that belongs to a container engine and not to a container.</summary>
/// <param name="Runtime"><c>docker</c>, <c>podman</c>, <c>containerd</c> or <c>cri-o</c>.</param>
/// <param name="Role">What it does.</param>
public sealed record EngineProgram(string Runtime, EngineRole Role)
{
    /// <summary>The kernel says so of a file that was replaced, as by an upgrade (proc(5)).</summary>
    private const string Deleted = " (deleted)";

    private static readonly EngineProgram DockerProxy = new("docker", EngineRole.Proxy);
    private static readonly EngineProgram DockerEngine = new("docker", EngineRole.Engine);
    private static readonly EngineProgram PodmanProxy = new("podman", EngineRole.Proxy);
    private static readonly EngineProgram PodmanMonitor = new("podman", EngineRole.Monitor);
    private static readonly EngineProgram PodmanEngine = new("podman", EngineRole.Engine);
    private static readonly EngineProgram ContainerdMonitor = new("containerd", EngineRole.Monitor);
    private static readonly EngineProgram ContainerdEngine = new("containerd", EngineRole.Engine);
    private static readonly EngineProgram CrioEngine = new("cri-o", EngineRole.Engine);

    /// <summary>
    /// The program that a process runs, or <c>null</c> for any other. Where the kernel shows the program file, that one decides.
    /// </summary>
    public static EngineProgram? Of(ProcessInfo process)
    {
        if (IsOfVirtualMachine(process))
        {
            return null;
        }

        if (process.ExecutablePath is { } file)
        {
            return OfFile(file) is { } program ? WithRuntime(program, process) : null;
        }

        return (process.CommandLine is { Count: > 0 } words ? OfName(ProcessName.FileName(words[0])) : null) is { } claimed
            ? WithRuntime(claimed, process)
            : OfName(process.Name) is { } named ? WithRuntime(named, process)
            : null;
    }

    /// <summary>The program of a file.</summary>
    internal static EngineProgram? OfFile(string path) =>
        OfName(ProcessName.FileName(path.EndsWith(Deleted, StringComparison.Ordinal) ? path[..^Deleted.Length] : path));

    /// <summary>The program of a name, which may be cut at 15 bytes as the kernel keeps it.</summary>
    internal static EngineProgram? OfName(ReadOnlySpan<char> name) => name switch
    {
        "docker-proxy" or "rootlesskit" or "rootlesskit-docker-proxy" or "rootlesskit-doc" => DockerProxy,
        "dockerd" => DockerEngine,
        "rootlessport" or "rootlessport-child" or "rootlessport-ch" => PodmanProxy,
        "containers-rootlessport" or "containers-rootlessport-child" or "containers-root" => PodmanProxy,
        "slirp4netns" => PodmanProxy,
        "conmon" => PodmanMonitor,
        "podman" => PodmanEngine,
        "containerd-shim" or "containerd-shim-runc-v1" or "containerd-shim-runc-v2" => ContainerdMonitor,
        "containerd" => ContainerdEngine,
        "crio" => CrioEngine,
        _ => IsPasta(name) ? PodmanProxy : null,
    };

    /// <summary>
    /// Whether a name is one of passt's: <c>pasta</c> is a link to <c>passt</c>, which executes the fastest build that the processor can
    /// run, such as <c>passt.avx2</c> or <c>pasta.avx2</c>, with the arguments unchanged (passt(1)).
    /// </summary>
    internal static bool IsPasta(ReadOnlySpan<char> name) =>
        (name.StartsWith("pasta", StringComparison.Ordinal) || name.StartsWith("passt", StringComparison.Ordinal))
        && name[5..] is [] or ['.' or '-' or '_', ..];

    /// <summary>
    /// Whether the program was started as passt: then it is the network of a virtual machine. The name that it was started by decides
    /// which of both it is, whatever its file is called.
    /// </summary>
    private static bool IsOfVirtualMachine(ProcessInfo process) =>
        process.CommandLine is [var started, ..] && ProcessName.FileName(started).StartsWith("passt", StringComparison.Ordinal)
        && IsPasta(ProcessName.FileName(started));

    private static EngineProgram WithRuntime(EngineProgram program, ProcessInfo process) =>
        program == PodmanMonitor && ConmonWords.Parse(process.CommandLine) is { } words
            ? program with { Runtime = words.Runtime }
            : program;
}
