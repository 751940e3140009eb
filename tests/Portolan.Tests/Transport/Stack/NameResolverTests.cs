// Every wait is bounded by a time of its own.
#pragma warning disable xUnit1051
using System.Net;
using System.Net.Sockets;
using Portolan.Transport;

namespace Portolan.Tests.Transport.Stack;

/// <summary>Resolvers of users: they fail, hang and answer nonsense.</summary>
public sealed class NameResolverTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_error_of_a_resolver_is_that_of_the_connect()
    {
        await using var stack = Make(static (_, _) => throw new SocketException((int)SocketError.TryAgain));
        Assert.Equal(
            SocketError.TryAgain,
            (await Assert.ThrowsAsync<SocketException>(() => stack.ConnectTcpAsync("server", 7).WaitAsync(Patience))).SocketErrorCode);
    }

    [Fact]
    public async Task A_name_without_addresses_is_not_found()
    {
        await using var stack = Make(static (_, _) => Task.FromResult<IPAddress[]>([]));
        Assert.Equal(
            SocketError.HostNotFound,
            (await Assert.ThrowsAsync<SocketException>(() => stack.ConnectTcpAsync("server", 7).WaitAsync(Patience))).SocketErrorCode);
    }

    [Fact]
    public async Task A_connect_is_cancelled_though_its_resolver_heeds_no_token()
    {
        await using var stack = Make(static (_, _) => new TaskCompletionSource<IPAddress[]>().Task);
        using var cancel = new CancellationTokenSource();
        var connecting = stack.ConnectTcpAsync("server", 7, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Patience));
    }

    [Fact]
    public async Task Disposing_the_stack_ends_the_wait_for_its_resolver()
    {
        await using var stack = Make(static (_, _) => new TaskCompletionSource<IPAddress[]>().Task);
        var connecting = stack.ConnectTcpAsync("server", 7);
        await stack.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => connecting.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_slow_resolver_is_waited_for_and_the_next_address_tried()
    {
        await using var stack = Make(static async (_, cancellation) =>
        {
            await Task.Delay(20, cancellation);
            return [IPAddress.Parse("203.0.113.1"), IPAddress.Loopback];
        });
        using var acceptor = stack.ListenTcp(new IPEndPoint(IPAddress.Loopback, 7));
        await using var stream = await stack.ConnectTcpAsync("server", 7).WaitAsync(Patience);
        Assert.Equal(IPAddress.Loopback, stream.RemoteEndPoint.Address);
    }

    private static NetworkStack Make(Func<string, CancellationToken, Task<IPAddress[]>> resolve) =>
        new(new NetworkStackOptions { Resolver = new Resolver(resolve) });

    private sealed class Resolver(Func<string, CancellationToken, Task<IPAddress[]>> resolve) : INameResolver
    {
        public async ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) =>
            await resolve(host, cancellationToken);
    }
}
