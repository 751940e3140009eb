using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Portolan.Linux.Namespaces;
using Portolan.Linux.Netlink;
using Portolan.Model;

namespace Portolan.Linux.Scratch;

/// <summary>The program inside a scratch namespace: does what it is asked over its standard streams until they end.</summary>
/// <remarks>One thread; what concerns the far namespace is done on threads of their own.</remarks>
public sealed class ScratchServer : IDisposable
{
    internal const int Version = 1;

    private const string Settings = "/proc/sys/net/";

    private readonly Dictionary<int, IDisposable> _sockets = [];
    private readonly ScratchWriter _answer = new();
    private SafeFileHandle? _far;
    private bool _isWelcome;
    private int _nextSocket = 1;

    /// <summary>Answers requests until there are no more.</summary>
    /// <exception cref="IOException">The other side has gone.</exception>
    public void Run(Stream input, Stream output)
    {
        var buffer = new byte[64 * 1024];
        while (ScratchReader.TryReceive(input, ref buffer, out var length))
        {
            var request = new ScratchReader(buffer.AsSpan(0, length));
            Answer(ref request);
            _answer.Flush(output);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var socket in _sockets.Values)
        {
            socket.Dispose();
        }

        _far?.Dispose();
    }

    private void Answer(ref ScratchReader request)
    {
        try
        {
            Do((ScratchOperation)request.Byte(), ref request);
        }
        catch (LinuxException exception)
        {
            Fail(exception.Errno);
        }
        catch (NetworkNamespaceException exception)
        {
            Fail(exception.Errno);
        }
        catch (System.Net.Sockets.SocketException exception)
        {
            Fail(exception.NativeErrorCode);
        }
        catch (PortolanException exception)
        {
            _answer.Reset().Number(Errno.TimedOut).Text(exception.Message);
        }
        catch (UnauthorizedAccessException)
        {
            Fail(Errno.NotPermitted);
        }
        catch (FileNotFoundException)
        {
            Fail(Errno.NoEntry);
        }
        catch (DirectoryNotFoundException)
        {
            Fail(Errno.NoEntry);
        }
        catch (IOException exception)
        {
            Fail(exception.HResult is > 0 and < 4096 ? exception.HResult : Errno.InvalidArgument);
        }
    }

    private void Do(ScratchOperation operation, ref ScratchReader request)
    {
        if (!_isWelcome && operation != ScratchOperation.Hello)
        {
            Fail(Errno.NotPermitted);
            return;
        }

        switch (operation)
        {
            case ScratchOperation.Hello:
                Greet();
                break;
            case ScratchOperation.MakeFar:
                NetworkNamespaceThread.RunInNew(() => _far = File.OpenHandle("/proc/thread-self/ns/net"));
                Succeed().Number((int)_far!.DangerousGetHandle());
                break;
            case ScratchOperation.OpenNetlink:
                var (place, family, group) = (Place(ref request), (NetlinkFamily)request.Number(), request.Number());
                Keep(At(place, () => ScratchEndpoint.Netlink(family, group)));
                break;
            case ScratchOperation.OpenFrames:
                var (framePlace, index) = (Place(ref request), request.Number());
                Keep(At(framePlace, () => ScratchEndpoint.Frames(index)));
                break;
            case ScratchOperation.OpenDelivered:
                var (deliveredPlace, version, protocol) = (Place(ref request), request.Number(), request.Number());
                Keep(At(deliveredPlace, () => ScratchEndpoint.Delivered(version == 4, protocol)));
                break;
            case ScratchOperation.Bind:
                var (bindPlace, bind) = (Place(ref request), ScratchTransport.Read(ref request));
                Keep(At(bindPlace, bind.Open));
                break;
            case ScratchOperation.Connect:
                var transport = Socket<ScratchTransport>(request.Number());
                transport.Connect(request.Text(), request.Number(), request.Data());
                Succeed();
                break;
            case ScratchOperation.Send:
                Finish(Socket<ScratchEndpoint>(request.Number()).Send(request.Data()));
                break;
            case ScratchOperation.Receive:
                Receive(Socket<ScratchEndpoint>(request.Number()), request.Number(), request.Number());
                break;
            case ScratchOperation.Close:
                Close(request.Number());
                break;
            case ScratchOperation.ReadSetting:
                var (readPlace, readName) = (Place(ref request), request.Text());
                Succeed().Text(At(readPlace, () => File.ReadAllText(SettingPath(readName))));
                break;
            case ScratchOperation.WriteSetting:
                var (writePlace, writeName, text) = (Place(ref request), request.Text(), request.Text());
                At(writePlace, () =>
                {
                    File.WriteAllText(SettingPath(writeName), text);
                    return true;
                });
                Succeed();
                break;
            case ScratchOperation.Run:
                RunProgram(ref request);
                break;
            case ScratchOperation.ReadStatistics:
                Succeed().Text(File.ReadAllText("/proc/thread-self/net/" + Plain(request.Text())));
                break;
            case ScratchOperation.Serve:
                var server = Socket<ScratchTransport>(request.Number());
                Succeed().Number((int)server.Serve(request.Data(), request.Number()));
                break;
            default:
                Fail(Errno.InvalidArgument);
                break;
        }
    }

    /// <summary>Whoever runs this by hand must not change his own network: a new namespace has loopback down and nothing else up.</summary>
    private void Greet()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc/sys/net/ipv4/conf"))
        {
            var name = Path.GetFileName(folder);
            if (name is "all" or "default")
            {
                continue;
            }

            if (InterfaceState.IsUp(name))
            {
                Fail(Errno.NotPermitted);
                return;
            }
        }

        _isWelcome = true;
        Succeed().Number(Version);
    }

    private void Receive(ScratchEndpoint endpoint, int size, int milliseconds)
    {
        const int Largest = 1 << 20;
        var buffer = new byte[Math.Clamp(size, 0, Largest)];
        var receipt = endpoint.Receive(buffer, milliseconds);
        if (receipt.Errno != 0)
        {
            Fail(receipt.Errno);
            return;
        }

        Succeed().Number((int)receipt.SenderPortId).Number(receipt.Length).Data(buffer.AsSpan(0, Math.Min(receipt.Length, buffer.Length)));
    }

    private void RunProgram(ref ScratchReader request)
    {
        var path = request.Text();
        var arguments = new string[Math.Clamp(request.Number(), 0, 1000)];
        for (var index = 0; index < arguments.Length; index++)
        {
            arguments[index] = request.Text();
        }

        var folder = request.Text();
        var input = request.Data().ToArray();
        var timeout = TimeSpan.FromMilliseconds(request.Number());
        var (memory, seconds) = (request.Number(), request.Number());
        var limits = memory > 0 ? new ProgramLimits((long)memory << 20, seconds) : null;
        var result = ProgramRunner.Run(path, arguments, timeout, CancellationToken.None, folder, input, limits);
        Succeed().Number(result.ExitCode).Text(result.Output).Text(result.Error);
    }

    private T At<T>(ScratchPlace place, Func<T> body)
    {
        if (place == ScratchPlace.Near)
        {
            return body();
        }

        T? result = default;
        var far = _far ?? throw new LinuxException(Errno.NoEntry, "enter the far namespace");
        NetworkNamespaceThread.Run(
            string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{far.DangerousGetHandle()}"), () => result = body());
        return result!;
    }

    private T Socket<T>(int number)
        where T : class =>
        _sockets.GetValueOrDefault(number) as T ?? throw new LinuxException(Errno.BadDescriptor, "find a socket");

    private void Keep(IDisposable socket)
    {
        _sockets.Add(_nextSocket, socket);
        Succeed().Number(_nextSocket++);
    }

    private void Close(int number)
    {
        if (_sockets.Remove(number, out var socket))
        {
            socket.Dispose();
        }

        Succeed();
    }

    private ScratchWriter Succeed() => _answer.Reset().Number(0);

    private void Finish(int errno) => _answer.Reset().Number(errno);

    private void Fail(int errno) => Finish(errno == 0 ? Errno.InvalidArgument : errno);

    private static ScratchPlace Place(ref ScratchReader request) => (ScratchPlace)request.Number();

    /// <summary>Only settings of a network namespace: with privilege others would change the machine.</summary>
    private static string SettingPath(string name) =>
        name.StartsWith("ipv4/", StringComparison.Ordinal) || name.StartsWith("ipv6/", StringComparison.Ordinal)
        ? Settings + Plain(name)
        : throw new LinuxException(Errno.NotPermitted, "change a setting");

    private static string Plain(string name) => !name.Contains("..", StringComparison.Ordinal) && !name.StartsWith('/')
        ? name
        : throw new LinuxException(Errno.InvalidArgument, "find a file");
}
