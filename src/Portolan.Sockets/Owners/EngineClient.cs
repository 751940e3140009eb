using System.Globalization;

namespace Portolan.Sockets.Owners;

/// <summary>
/// Asks container engines over their sockets, and Podman by its own program too. An answer counts only where a process of the engine's own
/// user gives it.
/// </summary>
/// <param name="sockets">Where an engine listens, from <see cref="ContainerEngine.UsualSockets"/>.</param>
/// <param name="clock">Bounds how long an engine may take.</param>
/// <param name="mayRunPodman">Whether Podman's program may be run.</param>
public sealed class EngineClient(Func<ContainerEngine, IReadOnlyList<string>> sockets, TimeProvider clock, bool mayRunPodman)
{
    /// <summary>How long an engine may take beyond the time that it gives a container.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(15);

    private static readonly string[] ListWords =
    [
        "ps", "--no-trunc", "--format", "{{.ID}}\t{{.Pid}}\t{{.Names}}\t{{.Ports}}\t{{index .Labels \"PODMAN_SYSTEMD_UNIT\"}}",
    ];

    /// <summary>The engines of this machine.</summary>
    /// <param name="mayRunPodman">Whether Podman's program may be run: it takes a tenth of a second, and writes into its user's
    /// folders.</param>
    public static EngineClient OfThisMachine(bool mayRunPodman) => new(ContainerEngine.UsualSockets, TimeProvider.System, mayRunPodman);

    /// <summary>The running containers of an engine; <c>null</c> where it does not say.</summary>
    internal IReadOnlyList<RuntimeContainer>? List(ContainerEngine engine, TimeSpan budget, out EngineTrouble trouble)
    {
        if (AskSockets(engine, path => UnixHttp.Get(path, "/containers/json", engine.User, budget, clock), out trouble) is { } body)
        {
            return RuntimeContainer.ParseList(body);
        }

        return RunPodman(engine, ListWords, budget, CancellationToken.None, ref trouble) is { } listed
            ? RuntimeContainer.ParseLines(listed.Output)
            : null;
    }

    /// <summary>
    /// The first process of a container (State.Pid); <c>null</c> where the engine does not say, or does not know it, or it does not run.
    /// </summary>
    internal int? FirstProcess(ContainerEngine engine, string id, TimeSpan budget, out EngineTrouble trouble)
    {
        if (AskSockets(
            engine, path => UnixHttp.Get(path, $"/containers/{Uri.EscapeDataString(id)}/json", engine.User, budget, clock),
            out trouble) is { } body)
        {
            trouble = EngineTrouble.NotKnown;
            return RuntimeContainer.ReadFirstProcess(body, id);
        }

        if (trouble == EngineTrouble.NotKnown
            || RunPodman(engine, ListWords, budget, CancellationToken.None, ref trouble) is not { } listed)
        {
            return null;
        }

        trouble = EngineTrouble.NotKnown;
        return RuntimeContainer.ParseLines(listed.Output).Find(c => c.Id == id)?.FirstProcess;
    }

    /// <summary>Why a container runs; <c>null</c> where its engine does not say.</summary>
    internal ContainerOrigin? Origin(ContainerInfo container, TimeSpan budget) =>
        AskSockets(
            container.Engine,
            path => UnixHttp.Get(path, $"/containers/{Uri.EscapeDataString(container.Id)}/json", container.EngineUser, budget, clock),
            out _) is { } body
            ? ContainerOrigin.Read(body, container.Id)
            : null;

    /// <summary>The unit that a container of Podman is to belong to, as its label says; <c>null</c> where none is named.</summary>
    internal string? UnitLabel(ContainerInfo container, TimeSpan budget) =>
        container.Runtime == "podman" ? List(container.Engine, budget, out _)?.FirstOrDefault(c => c.Id == container.Id)?.Unit : null;

    /// <summary>Has an engine stop a container, and kill it after a time. Returns <c>null</c> when it stopped.</summary>
    internal Stopping.StopFailure? Stop(ContainerEngine engine, string id, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // Docker Engine API, POST /containers/{id}/stop, which Podman answers too: the engine sends the image's own stop signal,
        // waits t seconds and kills. 204 stopped, 304 was not running, 404 another engine's.
        var seconds = string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(timeout.TotalSeconds)}");
        var last = 0;
        var trouble = EngineTrouble.NotHere;
        foreach (var path in sockets(engine))
        {
            cancellationToken.ThrowIfCancellationRequested();
            last = UnixHttp.Post(
                path, $"/containers/{Uri.EscapeDataString(id)}/stop?t={seconds}", engine.User, timeout + StopPatience, clock, out trouble);
            if (last is 204 or 304)
            {
                return null;
            }
        }

        if (last == 0
            && RunPodman(engine, ["stop", "--time", seconds, id], timeout + StopPatience, cancellationToken, ref trouble) is { } run)
        {
            return run.ExitCode == 0 ? null : new Stopping.StopFailure($"podman stop: {FirstLine(run.Error)}", NeedsPrivilege: false);
        }

        return last == 0
            ? new Stopping.StopFailure($"{engine.Runtime} did not answer", trouble is EngineTrouble.NoPermission)
            : new Stopping.StopFailure($"{engine.Runtime} answered {last}", NeedsPrivilege: false);
    }

    private static string FirstLine(string text) =>
        text.AsSpan().Trim() is var said && said.IndexOf('\n') is var end and >= 0 ? said[..end].ToString() : text.Trim();

    private byte[]? AskSockets(ContainerEngine engine, Func<string, UnixHttp.Answer> ask, out EngineTrouble trouble)
    {
        trouble = engine.CanBeAsked ? EngineTrouble.NotHere : EngineTrouble.NotAsked;
        foreach (var path in sockets(engine))
        {
            var answer = ask(path);
            if (answer.Body is { } body)
            {
                return body;
            }

            // What an answer says counts more than that a socket is not there.
            trouble = answer.Trouble == EngineTrouble.NotHere ? trouble : answer.Trouble;
        }

        return null;
    }

    private Portolan.Linux.ProgramResult? RunPodman(
        ContainerEngine engine, string[] words, TimeSpan timeout, CancellationToken cancellationToken, ref EngineTrouble trouble)
    {
        if (engine.Runtime != "podman" || !mayRunPodman)
        {
            return null;
        }

        var result = PodmanProgram.Run(engine.User, words, timeout, cancellationToken, out var why);
        trouble = result is not null
            ? EngineTrouble.NoAnswer
            : trouble == EngineTrouble.NotHere || why == EngineTrouble.NoPermission ? why : trouble;
        return result is { ExitCode: 0 } || words[0] == "stop" ? result : null;
    }
}

/// <summary>A container engine of this machine: the system's, or one that a user runs without root.</summary>
/// <param name="Runtime"><c>docker</c> or <c>podman</c>; others are not asked.</param>
/// <param name="User">Whose engine it is; 0 is the system's.</param>
public readonly record struct ContainerEngine(string Runtime, uint User)
{
    /// <summary>Where it listens for requests by default; empty for runtimes without an API that is queried.</summary>
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
