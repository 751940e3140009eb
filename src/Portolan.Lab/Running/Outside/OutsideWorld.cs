using System.Collections;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Portolan.Lab.Running.Time;
using Portolan.Lab.Topology;
using Portolan.Linux;
using Portolan.Linux.Namespaces;
using Portolan.Transport;

namespace Portolan.Lab.Running.Outside;

/// <summary>Has programs and servers of this machine speak with clients of the lab, so many at a time: who comes then is reset.</summary>
/// <remarks>The lab's thread. Programs are started on another, for that takes milliseconds, and nothing here blocks.</remarks>
internal sealed class OutsideWorld(IReadOnlyDictionary<string, string>? environment) : IAsyncDisposable
{
    /// <summary>Programs at a time, of all hosts together.</summary>
    internal const int MostPrograms = 64;

    /// <summary>Connections to Unix sockets at a time, of all hosts together.</summary>
    internal const int MostProxied = 256;

    private readonly IReadOnlyDictionary<string, string> _environment = environment ?? Own();
    private readonly ConcurrentDictionary<NamespaceProcess, bool> _running = new();
    private readonly ConcurrentDictionary<Task, bool> _starting = new();
    private int _programs;
    private int _proxied;

    /// <summary>Passes a connection on to a Unix socket; resets it when nothing listens there.</summary>
    internal async Task PassAsync(TcpStream stream, ProxyPort port, LabEnvironment lab)
    {
        if (_proxied == MostProxied)
        {
            stream.Abort();
            return;
        }

        _proxied++;
        lab.Loop.Others.Serve(stream);
        LabContext.Enter(stream);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(port.Path), lab.Stopping);

            // When the lab stops, what is posted to its thread may not be run any more.
            using var ending = lab.Stopping.Register(socket.Dispose);
            await Relay.RunAsync(stream, socket, lab);
        }
        catch (SocketException)
        {
            stream.Abort();
        }
        finally
        {
            lab.Loop.Others.Leave(stream);
            _proxied--;
        }
    }

    /// <summary>Runs a program for a connection, and kills it and what it started when the connection ends.</summary>
    internal async Task RunAsync(TcpStream stream, ExecPort port, LabEnvironment lab)
    {
        if (_programs == MostPrograms || ProgramPath.Find(port.Command[0]) is not { } program)
        {
            stream.Abort();
            return;
        }

        _programs++;
        lab.Loop.Others.Serve(stream);
        LabContext.Enter(stream);
        try
        {
            var options = OptionsOf(program, port, stream);
            using var process = await StartAsync(options, lab.Stopping);
            lab.Stopping.ThrowIfCancellationRequested();
            await Relay.RunAsync(stream, process.Connection!, lab);
            process.Kill();
            await process.Exited;
        }
        catch (Exception exception) when (exception is NamespaceProcessException or LinuxException or SocketException)
        {
            stream.Abort();
        }
        finally
        {
            lab.Loop.Others.Leave(stream);
            _programs--;
        }
    }

    /// <summary>
    /// Waits until no program runs any more, when the lab has stopped: they are killed then, those that were just being started too.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_starting.Keys).ContinueWith(static _ => { }, TaskScheduler.Default);
        await Task.WhenAll(_running.Keys.Select(static p => p.Exited));
    }

    /// <summary>
    /// Starts a program that ends with the lab, even where the lab stops meanwhile and its thread hears of the program no more.
    /// </summary>
    private async Task<NamespaceProcess> StartAsync(NamespaceProcessOptions options, CancellationToken stopping)
    {
        var starting = Task.Run(
            () =>
            {
                var process = NamespaceProcess.Start(options);
                _running.TryAdd(process, true);
                var ending = stopping.UnsafeRegister(static state => ((NamespaceProcess)state!).Dispose(), process);
                _ = process.Exited.ContinueWith(
                    _ =>
                    {
                        ending.Dispose();
                        _running.TryRemove(process, out bool _);
                    },
                    TaskScheduler.Default);
                return process;
            },
            CancellationToken.None);
        _starting.TryAdd(starting, true);
        try
        {
            return await starting;
        }
        finally
        {
            _starting.TryRemove(starting, out _);
        }
    }

    private NamespaceProcessOptions OptionsOf(string program, ExecPort port, TcpStream stream) => new(program, [.. port.Command.Skip(1)])
    {
        Namespaces = NamespaceKinds.None,
        HasConnection = true,
        EndsItsGroup = true,
        Environment = new Dictionary<string, string>(_environment, StringComparer.Ordinal)
        {
            ["PORTOLAN_LOCAL"] = Text(stream.LocalEndPoint),
            ["PORTOLAN_REMOTE"] = Text(stream.RemoteEndPoint),
        },
    };

    private static string Text(IPEndPoint end) =>
        new IPEndPoint(end.Address.IsIPv4MappedToIPv6 ? end.Address.MapToIPv4() : end.Address, end.Port).ToString();

    private static Dictionary<string, string> Own() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToDictionary(static e => (string)e.Key, static e => (string?)e.Value ?? "", StringComparer.Ordinal);
}
