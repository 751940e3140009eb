namespace Portolan.Model;

/// <summary>Files with a secret in them.</summary>
public static class SecretFile
{
    private const UnixFileMode OfOthers = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Reads the first line.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isPrivate">Its folder is private to this program, so that its mode does not count.</param>
    /// <exception cref="PortolanException">The file cannot be read, is empty, or others than its owner may read or write it.</exception>
    public static string Read(string path, bool isPrivate = false)
    {
        try
        {
            using var stream = NamedFile.OpenRead(path);
            if (!isPrivate && !OperatingSystem.IsWindows()
                && File.GetUnixFileMode(stream.SafeFileHandle) is var mode && (mode & OfOthers) != 0)
            {
                throw new PortolanException(
                    $"{path}: users other than its owner may use it (mode {Convert.ToString((int)mode, 8)})", $"chmod 600 {path}",
                    ExitCode.Usage);
            }

            using var reader = new StreamReader(stream);
            var buffer = new char[4097];
            var length = reader.ReadBlock(buffer, 0, buffer.Length);
            var line = new string(buffer, 0, length).Split('\n')[0].TrimEnd('\r');
            return line.Length is > 0 and <= 4096 ? line
                : throw new PortolanException($"{path}: the first line is not a secret", $"write the secret into it", ExitCode.Usage);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException(
                $"{path}: {NamedFile.WhyNot(exception, path)}", $"write the secret into it, with mode 0600", ExitCode.Usage);
        }
    }
}
