using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Portolan.Kernel.Tests.Support;
using Portolan.Transport;

namespace Portolan.Kernel.Tests.Transport;

/// <summary>Many bytes by a seed, of which only the hash is compared.</summary>
internal static class HashedStreams
{
    private const int BlockLength = 64 << 10;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The kernel connects to the stack, and both send at once: each gets what the other sent.</summary>
    internal static async Task BothWays(LabHost kernel, NetworkStack stack, IPAddress address, long length)
    {
        using var acceptor = stack.ListenTcp(new IPEndPoint(address, 80));
        using var socket = kernel.OpenTcp(address.AddressFamily);
        var accepting = acceptor.AcceptAsync(Cancellation);
        await socket.ConnectAsync(new IPEndPoint(address, 80), Cancellation);
        await using var kernelEnd = new NetworkStream(socket);
        await using var stackEnd = await accepting;
        var toStack = Receive(stackEnd, length);
        var toKernel = Receive(kernelEnd, length);
        await Task.WhenAll(
            Send(kernelEnd, length, 1, () => socket.Shutdown(SocketShutdown.Send)), Send(stackEnd, length, 2, stackEnd.ShutdownWrite));
        Assert.Equal(Expected(length, 1), await toStack);
        Assert.Equal(Expected(length, 2), await toKernel);
    }

    /// <summary>The stack connects to the kernel and sends, and the kernel gets what was sent.</summary>
    internal static async Task FromStack(LabHost kernel, NetworkStack stack, IPAddress address, long length)
    {
        using var listener = kernel.OpenListener(address);
        var connecting = stack.ConnectTcpAsync((IPEndPoint)listener.LocalEndPoint!, Cancellation);
        using var accepted = await listener.AcceptAsync(Cancellation);
        await using var opened = await connecting;
        await using var end = new NetworkStream(accepted);
        var received = Receive(end, length);
        await Send(opened, length, 3, opened.ShutdownWrite);
        Assert.Equal(Expected(length, 3), await received);
    }

    /// <summary>Sends bytes in blocks of 64 KiB, then says that it was all.</summary>
    internal static async Task Send(Stream stream, long length, int seed, Action end)
    {
        var random = new Random(seed);
        var block = new byte[BlockLength];
        random.NextBytes(block);
        for (var at = 0L; at < length; at += BlockLength)
        {
            BitConverter.TryWriteBytes(block, at ^ seed);
            await stream.WriteAsync(block, Cancellation);
        }

        end();
    }

    /// <summary>Receives to the end.</summary>
    internal static async Task<string> Receive(Stream stream, long length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = new byte[BlockLength];
        var total = 0L;
        while (await stream.ReadAsync(block, Cancellation) is var count && count > 0)
        {
            hash.AppendData(block, 0, count);
            total += count;
        }

        Assert.Equal(length, total);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>The hash of what <see cref="Send"/> sends.</summary>
    internal static string Expected(long length, int seed)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = new byte[BlockLength];
        new Random(seed).NextBytes(block);
        for (var at = 0L; at < length; at += BlockLength)
        {
            BitConverter.TryWriteBytes(block, at ^ seed);
            hash.AppendData(block);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
