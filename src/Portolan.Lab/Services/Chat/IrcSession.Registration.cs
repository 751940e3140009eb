namespace Portolan.Lab.Services.Chat;

/// <summary>How a client comes in: its name, its password, the welcome (RFC 2812 section 3.1).</summary>
internal sealed partial class IrcSession
{
    private void Name(string nick)
    {
        var old = client.Mask;
        if (nick.Length == 0)
        {
            Tell("431", ":No nickname given");
        }
        else if (nick.Length > 30 || char.IsAsciiDigit(nick[0]) || nick[0] == '-'
            || !nick.All(
                static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '[' or ']' or '\\' or '`' or '_' or '^' or '{' or '|' or '}'))
        {
            Tell("432", $"{new string([.. nick.Take(30).Where(static c => c > ' ')])} :Erroneous nickname");
        }
        else if (!hub.TryName(client, nick))
        {
            Tell("433", $"{nick} :Nickname is already in use");
        }
        else if (_isIn)
        {
            foreach (var other in hub.Around(client))
            {
                other.Send($":{old} NICK :{nick}");
            }
        }
        else
        {
            Enter();
        }
    }

    private void User(List<string> words)
    {
        if (_isIn)
        {
            Tell("462", ":You may not reregister");
        }
        else if (words.Count < 4)
        {
            Tell("461", "USER :Not enough parameters");
        }
        else
        {
            client.User = new string([.. words[0].Take(20).Where(static c => c > ' ' && c is not ('@' or '!'))]);
            client.RealName = words[3];
            Enter();
        }
    }

    private void Enter()
    {
        if (_isIn || _isNegotiating || client.Nick is null || client.User is null)
        {
            return;
        }

        if (call.Service.Settings.TryGetValue("password", out var password) && _password != LineTalk.Text(password))
        {
            Tell("464", ":Password incorrect");
            client.End();
            return;
        }

        _isIn = true;
        Tell("001", $":Welcome to the lab, {client.Mask}");
        Tell("002", $":Your host is {Server}, running Portolan");
        Tell("003", ":This server was made when the lab began");
        Tell("004", $"{Server} Portolan o o");
        Tell("005", "CHANTYPES=# NICKLEN=30 NETWORK=lab :are supported by this server");
        Tell("251", $":There are {hub.Count} users on 1 server");
        Today();
    }

    private void Today()
    {
        if (call.Service.Settings.TryGetValue("motd", out var text))
        {
            Tell("375", $":- {Server} Message of the day -");
            Tell("372", $":- {LineTalk.Text(text)}");
            Tell("376", ":End of /MOTD command");
        }
        else
        {
            Tell("422", ":There is no message of the day");
        }
    }
}
