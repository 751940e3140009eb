using Portolan.Lab.Services;
using Portolan.Lab.Topology;
using Portolan.Linux;
using Portolan.Linux.Namespaces;

namespace Portolan.Lab.Attaching;

/// <summary>
/// What programs in a lab find in the file system instead of the machine's own: names, name servers, the lab's certificate authority.
/// </summary>
/// <remarks>All lies in memory and is mounted in the lab's own mount namespace; on the disk nothing is written.</remarks>
public sealed class LabMounts
{
    private const string FolderName = "/portolan";
    private const string PlacesName = "/places.sock";
    private const string ProgramsName = "/bin";
    private const string AuthorityName = "/ca.pem";
    private const string UsualPath = "/usr/local/bin:/usr/bin:/bin";
    private const string Certificates = "/etc/ssl/certs/ca-certificates.crt";

    /// <summary>Folders for mounts that are empty on most machines; the first that is empty becomes the lab's.</summary>
    private static readonly string[] Places = ["/mnt", "/media", "/srv", "/var/opt", "/opt", "/var/local", "/dev/shm"];

    private LabMounts(string folder) => Folder = folder;

    /// <summary>The lab's folder, which only processes in the lab see.</summary>
    public string Folder { get; }

    /// <summary>The file with the certificate of the lab's authority, as PEM.</summary>
    public string AuthorityFile => Folder + AuthorityName;

    /// <summary>The Unix socket of the lab's own sockets.</summary>
    public string SocketPath => Folder + "/lab.sock";

    /// <summary>The Unix socket where those outside ask for a place in the lab.</summary>
    public string PlacesPath => Folder + PlacesName;

    /// <summary>
    /// Sets what programs in a lab need in an environment: the lab's socket and certificate, and at the end of PATH the folder in which
    /// <c>portolan</c> is.
    /// </summary>
    /// <param name="environment">The caller's.</param>
    /// <param name="folder">The lab's folder, as programs in it see it.</param>
    public static void AddTo(IDictionary<string, string> environment, string folder)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var authority = folder + AuthorityName;
        environment["PORTOLAN_LAB"] = folder + "/lab.sock";
        foreach (var name in (ReadOnlySpan<string>)[
            "PORTOLAN_LAB_CA", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"])
        {
            environment[name] = authority;
        }

        environment["PATH"] =
            $"{(environment.TryGetValue("PATH", out var path) && path.Length > 0 ? path : UsualPath)}:{folder}{ProgramsName}";
    }

    /// <summary>The lab's folder as a process in it sees it.</summary>
    /// <param name="root">Where another process sees that one's files: <c>/proc/PID/root</c>.</param>
    /// <returns><c>null</c> when there is none, or the caller may not look.</returns>
    public static string? FindFolder(string root) =>
        Array.Find(Places, place => File.Exists(root + place + FolderName + PlacesName)) is { } found ? found + FolderName : null;

    /// <summary>The socket of <see cref="PlacesPath"/> for a process outside the lab.</summary>
    public static string PlacesPathIn(string root, string folder) => root + folder + PlacesName;

    /// <summary>Makes the caller's mount namespace its own and mounts the lab's folder. To be called once, first.</summary>
    /// <param name="problems">What could not be done, a sentence each.</param>
    /// <exception cref="LinuxException">Not allowed.</exception>
    /// <exception cref="PortolanException">There is no place for it.</exception>
    public static LabMounts Make(ICollection<string> problems)
    {
        PrivateMounts.Isolate();
        if (!PrivateMounts.TryMountProc())
        {
            problems.Add("/proc shows the processes outside, for a sandbox hides parts of it");
        }

        var place = Array.Find(Places, IsEmpty)
            ?? throw new PortolanException(
                "no empty folder for the lab's files", $"create one of these as an empty folder: {Advice.List(Places)}");
        PrivateMounts.MountMemory(place);
        var mounts = new LabMounts(place + FolderName);
        Directory.CreateDirectory(mounts.Folder);
        PrivateMounts.LetAllRead(mounts.Folder);
        return mounts;
    }

    /// <summary>Shows the lab's files in the places of the machine's.</summary>
    /// <param name="topology">The lab.</param>
    /// <param name="directory">Its names.</param>
    /// <param name="authority">The certificate of its authority, as PEM.</param>
    /// <param name="problems">What could not be done, a sentence each.</param>
    public void Fill(LabTopology topology, ILabDirectory directory, string authority, ICollection<string> problems)
    {
        Show("/etc/hosts", LabFiles.Hosts(directory, System.Environment.MachineName, topology), problems);
        Show("/etc/resolv.conf", LabFiles.Resolver(topology, directory), problems);
        const string Switch = "/etc/nsswitch.conf";
        if (File.Exists(Switch))
        {
            Show(Switch, LabFiles.Switch(File.ReadAllText(Switch)), problems);
        }

        // The name service cache of the machine would be asked first.
        if (Directory.Exists("/run/nscd"))
        {
            PrivateMounts.MountMemory("/run/nscd");
        }

        Write(AuthorityFile, authority);
        if (File.Exists(Certificates) && PrivateMounts.Bind(AuthorityFile, Certificates) is var errno and not 0)
        {
            problems.Add(Problem(Certificates, errno));
        }
    }

    /// <summary>Has programs of a lab find <c>portolan</c>, in whatever folder it was built.</summary>
    /// <param name="program">Its file, or its library where <paramref name="host"/> runs it.</param>
    /// <param name="host">The file of dotnet; <c>null</c> for a program.</param>
    public void AddProgram(string program, string? host)
    {
        var (folder, link) = (Folder + ProgramsName, Folder + ProgramsName + "/portolan");
        Directory.CreateDirectory(folder);
        PrivateMounts.LetAllRead(folder);
        if (host is null)
        {
            File.CreateSymbolicLink(link, program);
            return;
        }

        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = (UnixFileMode)0b111_101_101;
        }

        using var script = new StreamWriter(link, options);
        script.Write($"#!/bin/sh\nexec {ShellWord.Quote(host)} {ShellWord.Quote(program)} \"$@\"\n");
    }

    private static bool IsEmpty(string folder)
    {
        try
        {
            return Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void Write(string file, string text)
    {
        File.WriteAllText(file, text);
        PrivateMounts.LetAllRead(file);
    }

    private static string Problem(string place, int errno) => $"{place} stays the machine's: {new LinuxException(errno, "mount").Message}";

    private void Show(string place, string text, ICollection<string> problems)
    {
        var file = Path.Combine(Folder, Path.GetFileName(place));
        Write(file, text);
        if (PrivateMounts.Bind(file, place) is var errno and not 0)
        {
            problems.Add(Problem(place, errno));
        }
    }
}
