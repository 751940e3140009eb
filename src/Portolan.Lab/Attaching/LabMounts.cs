using Portolan.Lab.Services;
using Portolan.Lab.Topology;
using Portolan.Linux;
using Portolan.Linux.Namespaces;

namespace Portolan.Lab.Attaching;

/// <summary>What programs in a lab find in the file system instead of the machine's own: names, name servers, the lab's certificate authority.</summary>
/// <remarks>All lies in memory and is mounted in the lab's own mount namespace; on the disk nothing is written.</remarks>
public sealed class LabMounts
{
    private const string Certificates = "/etc/ssl/certs/ca-certificates.crt";

    /// <summary>Folders for mounts that are empty on most machines; the first that is empty becomes the lab's.</summary>
    private static readonly string[] Places = ["/mnt", "/media", "/srv", "/var/opt", "/opt", "/var/local", "/dev/shm"];

    private LabMounts(string folder) => Folder = folder;

    /// <summary>The lab's folder, which only processes in the lab see.</summary>
    public string Folder { get; }

    /// <summary>The file with the certificate of the lab's authority, as PEM.</summary>
    public string AuthorityFile => Folder + "/ca.pem";

    /// <summary>The Unix socket of the lab's own sockets.</summary>
    public string SocketPath => Folder + "/lab.sock";

    /// <summary>A shell script that runs a command, or a shell, with the lab's environment: for who enters the lab's namespaces from outside.</summary>
    public string EntryFile => Folder + "/enter";

    /// <summary>What to set in the environment of programs.</summary>
    public IEnumerable<KeyValuePair<string, string>> Environment =>
    [
        new("PORTOLAN_LAB", SocketPath),
        new("PORTOLAN_LAB_CA", AuthorityFile),
        new("SSL_CERT_FILE", AuthorityFile),
        new("CURL_CA_BUNDLE", AuthorityFile),
        new("REQUESTS_CA_BUNDLE", AuthorityFile),
        new("NODE_EXTRA_CA_CERTS", AuthorityFile),
    ];

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
            ?? throw new PortolanException("there is no empty folder for the lab's files", $"make one of these, empty: {Advice.List(Places)}");
        PrivateMounts.MountMemory(place);
        var mounts = new LabMounts(place + "/portolan");
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
        Show("/etc/hosts", LabFiles.Hosts(directory, System.Environment.MachineName), problems);
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
        Write(EntryFile, LabFiles.Entry(Environment));
        if (File.Exists(Certificates) && PrivateMounts.Bind(AuthorityFile, Certificates) is var errno and not 0)
        {
            problems.Add(Problem(Certificates, errno));
        }
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
