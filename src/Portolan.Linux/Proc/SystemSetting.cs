using System.Text;

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
}
