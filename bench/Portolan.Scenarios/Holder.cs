using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Portolan.Scenarios;

/// <summary>Keeps one listener, many loopback connections (both ends) and some plain descriptors open until stdin ends.</summary>
internal static class Holder
{
    public static int Run(string[] args)
    {
        var index = int.Parse(args[0], CultureInfo.InvariantCulture);
        var connections = int.Parse(args[1], CultureInfo.InvariantCulture);
        var files = int.Parse(args[2], CultureInfo.InvariantCulture);
        var address = new IPAddress([127, 0, 1, (byte)(index + 1)]);
        var keep = new List<IDisposable>();

        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(address, 7000 + index));
        listener.Listen(128);
        for (var i = 0; i < connections; i++)
        {
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            client.Connect(listener.LocalEndPoint!);
            keep.Add(client);
            keep.Add(listener.Accept());
        }

        for (var i = 0; i < files; i++)
        {
            keep.Add(File.OpenRead("/dev/null"));
        }

        Console.WriteLine("ready");
        Console.In.ReadToEnd();
        keep.ForEach(k => k.Dispose());
        return 0;
    }
}
