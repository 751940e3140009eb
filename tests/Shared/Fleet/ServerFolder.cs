using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Portolan.Tests.Support;

namespace Portolan.Tests.Fleet;

/// <summary>
/// A temporary folder with a server in it. The server's processes are those that work in the folder: <see cref="Dispose"/> kills them and
/// removes the folder, at the latest after the last test.
/// </summary>
internal sealed class ServerFolder : IDisposable
{
    /// <summary>Below the ports that the kernel gives to clients (net.ipv4.ip_local_port_range).</summary>
    private const int FirstPort = 10_000;
    private const int LastPort = 32_000;

    private static readonly ConcurrentDictionary<string, ServerFolder> Open = new(StringComparer.Ordinal);

    /// <summary>Makes the folder; other users may pass through it and not list it.</summary>
    /// <param name="name">Of the server, for a person who looks at /tmp.</param>
    /// <param name="user">The server's user.</param>
    public ServerFolder(string name, string user)
    {
        User = user;
        Path = $"/tmp/portolan-{name}-{RandomNumberGenerator.GetHexString(12, lowercase: true)}";
        Directory.CreateDirectory(Path, (UnixFileMode)0b111_001_001);
        Open[Path] = this;
        Data = MakeFolder("data");
    }

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>A folder in it that only the server's user may open.</summary>
    public string Data { get; }

    /// <summary>The server's user, and the name of the user's group.</summary>
    public string User { get; }

    /// <summary>The processes that work in the folder. One that has ended and waits for its parent is none.</summary>
    public int[] Processes => ProcessesIn(Path);

    /// <summary>The processes whose working directory is in a folder, which may have been removed.</summary>
    public static int[] ProcessesIn(string folder) => [.. Directory.EnumerateDirectories("/proc")
        .Select(static entry => int.TryParse(System.IO.Path.GetFileName(entry), CultureInfo.InvariantCulture, out var id) ? id : 0)
        .Where(id => id > 0 && WorksIn(id, folder))];

    /// <summary>Disposes each folder that is left.</summary>
    public static void DisposeAll()
    {
        foreach (var folder in Open.Values)
        {
            folder.Dispose();
        }
    }

    /// <summary>Finds ports of 127.0.0.1 that are free, all different.</summary>
    public static int[] FreePorts(int count)
    {
        var ports = new List<int>();
        while (ports.Count < count)
        {
            var port = RandomNumberGenerator.GetInt32(FirstPort, LastPort);
            if (!ports.Contains(port) && IsFree(port))
            {
                ports.Add(port);
            }
        }

        return [.. ports];
    }

    /// <summary>A password of letters and digits.</summary>
    public static string NewPassword() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Runs a program to its end and returns what it wrote.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static string Run(string path, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var (output, error, exit) = process.Finish();
        return exit == 0 ? output : throw new InvalidOperationException($"{path} ended with {exit}: {error}{output}");
    }

    /// <summary>Makes a folder that only the server's user may open.</summary>
    public string MakeFolder(string name)
    {
        var path = System.IO.Path.Combine(Path, name);
        Run("/usr/bin/install", ["-d", "-o", User, "-g", User, "-m", "0700", path]);
        return path;
    }

    /// <summary>Writes a file into <see cref="Data"/> that only the server's user may read.</summary>
    /// <returns>Its path.</returns>
    public string Write(string name, byte[] content)
    {
        var path = System.IO.Path.Combine(Data, name);
        File.WriteAllBytes(path, content);
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        Run("/bin/chown", [$"{User}:{User}", path]);
        return path;
    }

    /// <summary>Kills the processes that work in the folder, except one, and waits until they have gone.</summary>
    public void KillProcesses(int except = 0) => Bounded.Until(
        () =>
        {
            var running = Processes.Where(id => id != except).ToArray();
            Array.ForEach(running, Kill);
            return running.Length == 0;
        },
        $"the processes in {Path} have ended");

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Open.TryRemove(Path, out _))
        {
            KillProcesses();
            Directory.Delete(Path, recursive: true);
        }
    }

    private static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // It has ended.
        }
    }

    private static bool WorksIn(int id, string folder)
    {
        try
        {
            return new FileInfo($"/proc/{id}/cwd").LinkTarget is { } target
                && (target == folder || target.StartsWith(folder + "/", StringComparison.Ordinal)
                    || target.StartsWith(folder + " (deleted)", StringComparison.Ordinal));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
