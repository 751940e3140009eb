using System.Text;
using Portolan.Linux.Privilege;

namespace Portolan.Linux.Proc;

/// <summary>Settings below /proc/sys; those below <c>net</c> are of the network namespace of the thread that reads them.</summary>
public static class SystemSetting
{
    // Nearly all are one short number; the rest is read as a file of any length.
    private const int ShortLength = 64;

    /// <summary>The text of a setting; <c>null</c> when it is not there or cannot be read.</summary>
    /// <param name="procRoot">Where /proc is.</param>
    /// <param name="name">Such as <c>net/ipv4/ip_forward</c>.</param>
    public static string? Read(string procRoot, string name)
    {
        var path = Path.Combine(procRoot, "sys", name);
        try
        {
            Span<byte> text = stackalloc byte[ShortLength];
            int length;
            using (var file = File.OpenHandle(path))
            {
                length = RandomAccess.Read(file, text, 0);
            }

            return length < ShortLength ? Encoding.ASCII.GetString(text[..length]) : File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Writes a setting.</summary>
    /// <returns>0, or the error number: ENOENT where there is none of that name, EROFS and EACCES where it may not be changed.</returns>
    public static int Write(string procRoot, string name, string value)
    {
        try
        {
            // Settings of the network are checked by capability when they are opened and again when they are written (net_ctl_permissions).
            using var raised = RaisedCapabilities.For(Capability.NetAdmin);
            using var file = File.OpenHandle(Path.Combine(procRoot, "sys", name), FileMode.Open, FileAccess.Write);
            RandomAccess.Write(file, Encoding.ASCII.GetBytes(value), 0);
            return 0;
        }
        catch (UnauthorizedAccessException)
        {
            return Errno.AccessDenied;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return Errno.NoEntry;
        }
        catch (IOException)
        {
            return Errno.ReadOnly;
        }
    }

    /// <summary>The names of the settings, or folders of settings, in a folder; none where it is not there.</summary>
    public static IReadOnlyList<string> Names(string procRoot, string folder)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(Path.Combine(procRoot, "sys", folder)).Select(p => Path.GetFileName(p)!).Order(
                StringComparer.Ordinal)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
