namespace Portolan.Linux.Terminals;

/// <summary>The program that read a standard stream has gone (EPIPE). For the command line that is success.</summary>
public sealed class BrokenPipeException(string stream) : IOException($"the reader of {stream} has gone");
