using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Portolan.Lab.Attaching;
using Portolan.Lab.Topology;

namespace Portolan.Server.Lab;

/// <summary>A lab that runs already, as a process outside sees it: by the process in which it lives.</summary>
internal sealed class RunningLab
{
    /// <summary>How long a lab that is starting is waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(50);

    private readonly Guid _id;

    private RunningLab(int process, string folder, Guid id, LabPlaces places) =>
        (Process, Folder, _id, Places) = (process, folder, id, places);

    /// <summary>The process, which is the first in the lab's namespaces.</summary>
    internal int Process { get; }

    /// <summary>The lab's folder, as programs in it see it.</summary>
    internal string Folder { get; }

    /// <summary>The names of its machines.</summary>
    internal LabPlaces Places { get; }

    /// <summary>
    /// The lab that the user means: by its name, or by the number of its process or of one that started it. Of names, the labs of the
    /// caller's own user only.
    /// </summary>
    /// <remarks>A lab that is just starting is waited for.</remarks>
    /// <returns><c>null</c> when none runs.</returns>
    /// <exception cref="PortolanException">Several have the name, or the process is not a lab.</exception>
    internal static async Task<RunningLab?> FindAsync(string word)
    {
        if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            var process = $"process {number.ToString(CultureInfo.InvariantCulture)}";
            var labs = await LabsAsync(() => LabProcesses.Under(number), () => LabProcesses.IsStarting(number));
            return Only(labs, $"{process} runs") ?? throw new PortolanException(
                $"{process} is not a running lab that this user may enter", $"give the lab's name: portolan lab list", ExitCode.Usage);
        }

        var name = NameOf(word);
        bool IsMeant(RunningLab lab) => string.Equals(lab.Places.Lab, name, StringComparison.OrdinalIgnoreCase);
        return Only(await LabsAsync(LabProcesses.Own, () => LabProcesses.IsStarting(word), IsMeant), "run");
    }

    /// <summary>The network namespace at the place of a host.</summary>
    /// <param name="choice">The host; <c>null</c> for the vantage.</param>
    /// <exception cref="PortolanException">The lab says no, or has ended.</exception>
    internal SafeFileHandle OpenNetwork(PlaceChoice? choice)
    {
        try
        {
            if (choice is null)
            {
                return OpenOf("ns/net");
            }

            using var socket = Connect(Process, Folder);
            using var lines = new StreamReader(new NetworkStream(socket));
            _ = lines.ReadLine();
            socket.Send(Encoding.UTF8.GetBytes($"{choice.Name}\n"));
            return lines.ReadLine() switch
            {
                { } said when said.StartsWith("no ", StringComparison.Ordinal) =>
                    throw new PortolanException(said[3..], $"see the terminal of that lab", ExitCode.Failed),
                { } said when int.TryParse(said, NumberStyles.None, CultureInfo.InvariantCulture, out var descriptor) =>
                    OpenOf($"fd/{descriptor.ToString(CultureInfo.InvariantCulture)}"),
                _ => throw Ended(null),
            };
        }
        catch (Exception exception) when (exception is SocketException or IOException or UnauthorizedAccessException)
        {
            throw Ended(exception);
        }
    }

    /// <summary>A namespace of the lab's process, such as <c>mnt</c>; <c>null</c> when this process is in it already.</summary>
    /// <exception cref="PortolanException">The lab has ended.</exception>
    internal SafeFileHandle? OpenNamespace(string kind)
    {
        try
        {
            var own = new FileInfo($"/proc/self/ns/{kind}").LinkTarget;
            return own == new FileInfo(PathOf($"ns/{kind}")).LinkTarget ? null : OpenOf($"ns/{kind}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Ended(exception);
        }
    }

    /// <summary>The name that a lab has when it runs: a file may give it another than its own.</summary>
    private static string NameOf(string word)
    {
        try
        {
            return LabLibrary.Read(word).Topology?.Name ?? Path.GetFileNameWithoutExtension(word);
        }
        catch (PortolanException)
        {
            // A lab outlives its file.
            return Path.GetFileNameWithoutExtension(word);
        }
    }

    /// <summary>The labs in which processes live; those that are about to run are waited for while nothing else is found.</summary>
    private static async Task<List<RunningLab>> LabsAsync(
        Func<IEnumerable<int>> processes, Func<bool> isStarting, Func<RunningLab, bool>? which = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var starting = isStarting();
            var labs = processes().Select(Open).OfType<RunningLab>().Where(lab => which is null || which(lab))
                .DistinctBy(static lab => lab._id).ToList();
            if (labs.Count > 0 || !starting || TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                return labs;
            }

            await Task.Delay(Turn);
        }
    }

    private static RunningLab? Only(List<RunningLab> labs, string run) =>
        labs.Count <= 1 ? labs.FirstOrDefault() : throw new PortolanException(
        labs.TrueForAll(lab => lab.Places.Lab == labs[0].Places.Lab)
            ? $"{labs.Count} labs named {labs[0].Places.Lab} are running"
            : $"{run} {labs.Count} labs",
        $"give the process id of one instead of the name: {Advice.List(labs.Select(static lab => lab.Process))}",
        ExitCode.Usage);

    private static RunningLab? Open(int process)
    {
        try
        {
            var root = RootOf(process);
            if (LabMounts.FindFolder(root) is not { } folder)
            {
                return null;
            }

            using var socket = Connect(process, folder);
            using var lines = new StreamReader(new NetworkStream(socket));
            using var greeting = JsonDocument.Parse(lines.ReadLine() ?? "");
            return new RunningLab(
                process, folder, greeting.RootElement.GetProperty("id"u8).GetGuid(), LabPlaces.Read(greeting.RootElement));
        }
        catch (Exception exception)
            when (exception is SocketException or IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException
                or InvalidOperationException or FormatException)
        {
            // It ends just now, or is another user's, or of another version.
            return null;
        }
    }

    private static Socket Connect(int process, string folder)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        {
            ReceiveTimeout = 30_000,
            SendTimeout = 5_000,
        };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(LabMounts.PlacesPathIn(RootOf(process), folder)));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string RootOf(int process) => string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/root");

    private string PathOf(string file) => string.Create(CultureInfo.InvariantCulture, $"/proc/{Process}/{file}");

    private SafeFileHandle OpenOf(string file) => File.OpenHandle(PathOf(file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

    private PortolanException Ended(Exception? inner) =>
        new($"the lab {Places.Lab} has just ended", $"run the command again: it then starts the lab", ExitCode.Failed, inner);
}
