using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Checking;

/// <summary>
/// A client at 198.18.0.1 and 2001:db8::1 that runs <c>portolan check</c>, and a server at .2 and ::2 with whatever a test puts there.
/// </summary>
internal sealed class CheckLab : IDisposable
{
    private readonly LabPair _pair = LabPair.Create();
    private readonly List<Process> _servers = [];

    // A connection that nobody refers to would be closed by the garbage collector, in the middle of a server's silence.
    private readonly ConcurrentBag<Socket> _sockets = [];

    public LabHost Client => _pair.Scanner;

    public LabHost Server => _pair.Target;

    public TemporaryFolder Folder { get; } = new();

    /// <summary>Variables of the program's environment, such as <c>SSL_CERT_FILE</c>.</summary>
    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal)
    {
        ["SSL_CERT_DIR"] = "/nonexistent",
        ["SSL_CERT_FILE"] = "/nonexistent",
    };

    /// <summary>Runs <c>portolan check</c> on the client.</summary>
    public RunResult Check(params string[] args)
    {
        var (output, error, exit) = Client.Execute("/usr/bin/env", input: null, Words(args));
        return new RunResult(exit, output, error);
    }

    /// <summary>Runs it with <c>--json</c>, checks the document against its schema, and returns the first check.</summary>
    public JsonElement CheckJson(int exitCode, params string[] args) => CheckAll(exitCode, args)[0];

    /// <summary>The same for all checks.</summary>
    public JsonElement CheckAll(int exitCode, params string[] args) =>
        JsonSchema.AssertValid(Check([.. args, "--json"]).Expect(exitCode).Output).GetProperty("checks");

    /// <summary>Starts <c>portolan check</c> on the client.</summary>
    public Process Start(params string[] args) => Keep(Client.Start("/usr/bin/env", Words(args)));

    /// <summary>Starts a server program and waits until a TCP port of it answers.</summary>
    public void Serve(int port, string path, params string[] args)
    {
        var process = Keep(Server.Start(path, args));
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        for (var attempt = 0; attempt < 2400; attempt++)
        {
            Assert.False(process.HasExited, $"{path} {string.Join(' ', args)} ended by itself");
            if (Client.Run(() => Connects(port)))
            {
                return;
            }

            Thread.Sleep(25);
        }

        Assert.Fail($"{path} does not listen on port {port}");
    }

    /// <summary>
    /// Listens on a TCP port of the server and gives each connection to <paramref name="serve"/>, which may keep it open by not returning.
    /// </summary>
    public Socket Serve(int port, Func<Stream, Task> serve)
    {
        var listener = Server.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
            socket.Listen(16);
            return socket;
        });
        _sockets.Add(listener);
        _ = AcceptAsync(listener, serve);
        return listener;
    }

    /// <summary>Waits for the first bytes of a request.</summary>
    public static async Task ReadSomeAsync(Stream stream) => await stream.ReadAtLeastAsync(new byte[4096], 1, throwOnEndOfStream: false);

    public void Dispose()
    {
        foreach (var process in _servers)
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                process.End();
            }

            process.Dispose();
        }

        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }

        _pair.Dispose();
        Folder.Dispose();
    }

    private async Task AcceptAsync(Socket listener, Func<Stream, Task> serve)
    {
        try
        {
            while (true)
            {
                var socket = await listener.AcceptAsync();
                _sockets.Add(socket);
                _ = ServeAsync(new NetworkStream(socket, ownsSocket: true), serve);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task ServeAsync(NetworkStream stream, Func<Stream, Task> serve)
    {
        await using (stream)
        {
            try
            {
                await serve(stream);
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                // The client has gone.
            }
        }
    }

    private static bool Connects(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect("198.18.0.2", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private string[] Words(string[] args) =>
        [.. Environment.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Key}={e.Value}")), "NO_COLOR=", PortolanProgram.Path,
            "check", .. args];

    private Process Keep(Process process)
    {
        _servers.Add(process);
        return process;
    }
}
