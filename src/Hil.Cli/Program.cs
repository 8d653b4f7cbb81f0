Console.Error.WriteLine("hil: no command is built yet");
return 3;
