using Portolan.Sockets.Owners;
using Portolan.Sockets.Stopping;
using Portolan.Tests.Sockets.Owners;
using Portolan.Tests.Support;

namespace Portolan.Tests.Sockets.Stopping;

public sealed class ContainerStopTests : IDisposable
{
    private static readonly ContainerInfo Database =
        new("4f2c0123", "docker", "db", null) { EngineUser = Portolan.Linux.Proc.EffectiveUser.Id };

    private readonly ProcRecording _proc = new();
    private readonly ProcessReader _processes;

    public ContainerStopTests() => _processes = new ProcessReader(_proc.Root);

    public void Dispose()
    {
        _processes.Dispose();
        _proc.Dispose();
    }

    [Theory]
    [InlineData("HTTP/1.0 204 No Content\r\n\r\n", null)]
    [InlineData("HTTP/1.1 304 Not Modified\r\n\r\n", null)]
    [InlineData("HTTP/1.1 404 Not Found\r\n\r\n{}", "docker answered 404")]
    [InlineData("HTTP/1.1 500 Internal Server Error\r\n\r\n", "docker answered 500")]
    [InlineData("nonsense", "docker did not answer")]
    [InlineData("", "docker did not answer")]
    public void The_runtimes_answer_decides(string answer, string? failure)
    {
        using var server = new UnixServer(Path.Combine(_proc.Root, "docker.sock"), answer);

        Assert.Equal(failure, Stop(("docker", server.SocketPath))?.Text);

        Assert.Equal(["POST /containers/4f2c0123/stop?t=3 HTTP/1.0"], server.Requests);
    }

    [Fact]
    public void Another_runtimes_socket_is_not_asked()
    {
        using var server = new UnixServer(Path.Combine(_proc.Root, "podman.sock"), "HTTP/1.0 204 No Content\r\n\r\n");

        Assert.Equal(
            new StopFailure("docker did not answer", NeedsPrivilege: false),
            Stop(("podman", server.SocketPath), ("docker", Path.Combine(_proc.Root, "absent.sock"))));

        Assert.Empty(server.Requests);
    }

    [Fact]
    public void The_next_socket_of_the_runtime_is_asked_when_the_first_does_not_know_the_container()
    {
        using var system = new UnixServer(Path.Combine(_proc.Root, "a.sock"), "HTTP/1.1 404 Not Found\r\n\r\n");
        using var own = new UnixServer(Path.Combine(_proc.Root, "b.sock"), "HTTP/1.1 204 No Content\r\n\r\n");

        Assert.Null(Stop(("docker", system.SocketPath), ("docker", own.SocketPath)));
    }

    [Fact]
    public void A_socket_that_another_user_serves_is_asked_for_nothing()
    {
        using var server = new UnixServer(Path.Combine(_proc.Root, "a.sock"), "HTTP/1.1 204 No Content\r\n\r\n");
        var engines = new EngineClient(_ => [server.SocketPath], TimeProvider.System, mayRunPodman: false);

        Assert.NotNull(new KernelStopActions(_processes, engines).StopContainer(
            Database with { EngineUser = Database.EngineUser + 1 }, TimeSpan.Zero, TestContext.Current.CancellationToken));

        Assert.All(server.Requests, static request => Assert.Equal("", request));
    }

    private StopFailure? Stop(params (string Runtime, string SocketPath)[] runtimes) =>
        new KernelStopActions(
            _processes,
            new EngineClient(
                engine => [.. runtimes.Where(r => r.Runtime == engine.Runtime).Select(r => r.SocketPath)], TimeProvider.System,
                mayRunPodman: false)).StopContainer(Database, TimeSpan.FromSeconds(2.5), TestContext.Current.CancellationToken);
}
